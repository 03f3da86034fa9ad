"""What gear-reminder is sent and signalled, what its steps hand on, and its result. Moments have an offset from UTC;
where no time zone is given, that offset is the zone.
"""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from core.fields import Day, Id, Line, Moment, wrong
from core.models import Input, Model, WorkflowInput, sent_at
from core.questions import Decision

CLOCKS_DIFFER = timedelta(seconds=60)
FURTHEST = timedelta(days=3653)  # ten years


def _upcoming(moment: datetime, info: ValidationInfo) -> datetime:
    if moment < sent_at(info) - CLOCKS_DIFFER:
        raise wrong("is in the past")
    if moment > sent_at(info) + FURTHEST:
        raise wrong("is more than ten years ahead")
    return moment


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise wrong("is no time zone of the IANA database, such as Europe/Zurich") from None
    return name


def local(moment: datetime, time_zone: str | None) -> datetime:
    """The moment as clocks show it in the time zone; where there is none, as it was written."""
    return moment if time_zone is None else moment.astimezone(ZoneInfo(time_zone))


Message = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Upcoming = Annotated[Moment, AfterValidator(_upcoming)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]


class Repeat(Input):
    """Every so many days, at the same time of the day, until a date that is included."""

    every_days: int = Field(ge=1, le=365)
    until: Day


class GearReminderInput(WorkflowInput):
    """The workflow's input.

    user_id: who is reminded. gear: of what, one line. reminder_type: to do what, e.g. "wax". message: what is said.
    scheduled_at: when, with its offset from UTC; up to a minute ago counts as now.
    time_zone: whose clocks a repeated reminder goes by, e.g. "Europe/Zurich".
    """

    user_id: Id
    gear: Line = Field(max_length=60)
    reminder_type: Line = Field(max_length=30)
    message: Message
    scheduled_at: Upcoming
    time_zone: TimeZone | None = None
    repeat: Repeat | None = None

    @field_validator("repeat")
    @classmethod
    def _not_over_before_it_begins(cls, repeat: Repeat | None, others: ValidationInfo) -> Repeat | None:
        first = others.data.get("scheduled_at")
        if repeat is None or first is None:
            return repeat
        day = local(first, others.data.get("time_zone")).date()
        if repeat.until < day:
            raise wrong("until is before scheduledAt")
        if repeat.until > day + FURTHEST:
            raise wrong("until is more than ten years after scheduledAt")
        return repeat


class Move(Input):
    """The payload of signal `move`: when the reminder is due instead."""

    scheduled_at: Upcoming


SIGNALS: dict[str, type[Input]] = {"move": Move}


class Plan(Model):
    """Where a session stands, which one execution hands on to the next.

    anchor: the moment that occurrences are counted from. count: how many of them are over. visit: how many executions
    the session had before this one. sent_before: how many times it was sent in those.
    """

    anchor: datetime
    count: int = 0
    visit: int = 0
    sent_before: int = 0


class Reminder(Plan):
    """ScheduleReminder's output: the occurrence that is next. seconds: how long to wait for it, in this execution;
    reaches_due: whether that is all. next_at: when the one after it is due, or None.
    """

    user_id: str
    gear: str
    reminder_type: str
    message: str
    due_at: datetime
    next_at: datetime | None
    seconds: int
    reaches_due: bool


class Sent(Model):
    """SendReminder's output. late_seconds: how long after it was due."""

    sent_at: str
    late_seconds: int


class Settled(Reminder):
    """What the steps are given that go on, or end: what came of the wait, and what was sent."""

    answer: Decision
    sent: Sent | None = None


class ReminderResult(Model):
    """The result: the last occurrence, and how many were sent in all.

    sent_at, late_seconds: None where the occurrence was cancelled.
    """

    user_id: str
    gear: str
    reminder_type: str
    due_at: datetime
    sent_at: str | None
    late_seconds: int | None
    sent: int
