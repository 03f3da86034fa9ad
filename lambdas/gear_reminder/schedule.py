"""When a reminder is due. A repeated one keeps the time of day that clocks show, also when summer time begins or ends.
A time that clocks skip on a day is taken by the offset before the change (PEP 495, fold=0), an hour later by the clock;
the next time it is the old one again.
"""

import math
from datetime import UTC, datetime, timedelta

from core.models import validated
from gear_reminder.models import GearReminderInput, Move, Plan, Reminder, Settled, local

DUE = "due"
"""What ends a wait, beside the signals: its time."""


def scheduled(given: GearReminderInput, plan: Plan, now: datetime, longest: int) -> Reminder:
    """The occurrence that the plan comes to. longest: how many seconds one execution may wait."""
    due_at, next_at = _occurrence(given, plan, plan.count), None
    if given.repeat is not None:
        coming = _occurrence(given, plan, plan.count + 1)
        next_at = coming if coming.date() <= given.repeat.until else None
    seconds = max(1, math.ceil((due_at - now).total_seconds()))
    return Reminder(
        **plan.model_dump(),
        user_id=given.user_id,
        gear=given.gear,
        reminder_type=given.reminder_type,
        message=given.message,
        due_at=due_at,
        next_at=next_at,
        seconds=min(seconds, longest),
        reaches_due=seconds <= longest,
    )


def next_plan(this: Settled) -> Plan:
    """The plan of the next execution: of the next occurrence, of the same one moved, or of the rest of a long wait.

    Raises InvalidInput where a move is to no moment that can be.
    """
    visit, sent = this.visit + 1, this.sent_before
    if this.sent is not None:
        return Plan(anchor=this.anchor, count=this.count + 1, visit=visit, sent_before=sent + 1)
    if this.answer.action == DUE:
        return Plan(anchor=this.anchor, count=this.count, visit=visit, sent_before=sent)
    move = validated(Move, this.answer.payload, sent_at=this.answer.at, within="payload")
    return Plan(anchor=move.scheduled_at, visit=visit, sent_before=sent)


def _occurrence(given: GearReminderInput, plan: Plan, count: int) -> datetime:
    first = local(plan.anchor, given.time_zone)
    if count == 0 or given.repeat is None:
        return first
    # Without its offset, days are added to what the clock shows; by way of UTC a skipped time becomes a real one.
    shown = first.replace(tzinfo=None, fold=0) + timedelta(days=count * given.repeat.every_days)
    return shown.replace(tzinfo=first.tzinfo).astimezone(UTC).astimezone(first.tzinfo)
