"""When reminders are due, how long an execution waits for them, and what the next one is given."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.models import validated
from core.questions import Decision
from gear_reminder.models import GearReminderInput, Plan, Reminder, Sent, Settled
from gear_reminder.schedule import next_plan, scheduled
from tests.unit.gear_reminder.reminders import SENT

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
MONTH = 30 * 24 * 60 * 60
AT = "2026-11-21T09:00:00.000Z"
LATER = {"scheduledAt": "2026-12-05T09:00:00+01:00"}


def reminder(plan: dict[str, Any] | None = None, now: datetime = NOW, longest: int = MONTH, **fields: Any) -> Reminder:
    """What SENT, with other fields, comes to as the plan goes."""
    raw = validated(GearReminderInput, {**SENT, **fields}, sent_at=AT)
    return scheduled(raw, Plan.model_validate({"anchor": raw.scheduled_at, **(plan or {})}), now, longest)


def daily(first: str, zone: str | None, count: int = 0, days: int = 1) -> Reminder:
    return reminder(
        {"count": count}, scheduledAt=first, timeZone=zone, repeat={"everyDays": days, "until": "2028-12-31"}
    )


def settled(this: Reminder, action: str, payload: Any = None, *, sent: bool = False) -> Settled:
    """The reminder once its wait has ended so."""
    answer = Decision(action=action, by="rider-1", at=AT, payload=payload)
    return Settled(**this.model_dump(), answer=answer, sent=Sent(sent_at=AT, late_seconds=0) if sent else None)


def test_a_reminder_waits_until_it_is_due_and_has_none_after_it() -> None:
    due = reminder()
    assert due.due_at == datetime(2026, 11, 28, 8, tzinfo=UTC)
    assert (due.seconds, due.reaches_due, due.next_at) == (7 * 24 * 3600 - 3600, True, None)


def test_a_wait_is_rounded_up_so_that_nothing_is_sent_early() -> None:
    assert reminder(now=NOW - timedelta(microseconds=1)).seconds == 7 * 24 * 3600 - 3600 + 1


def test_what_was_due_before_is_waited_for_a_second() -> None:
    assert reminder(now=NOW + timedelta(days=400)).seconds == 1


@pytest.mark.parametrize(("seconds", "reaches"), [(3600, True), (3601, False)])
def test_a_wait_is_as_long_as_an_execution_may_wait(seconds: int, reaches: bool) -> None:
    due = reminder(now=datetime(2026, 11, 28, 8, tzinfo=UTC) - timedelta(seconds=seconds), longest=3600)
    assert (due.seconds, due.reaches_due) == (3600, reaches)


@pytest.mark.parametrize(
    ("first", "zone", "count", "due"),
    [
        ("2027-03-27T09:00:00+01:00", "Europe/Zurich", 1, "2027-03-28T09:00:00+02:00"),
        ("2027-03-27T09:00:00+01:00", None, 1, "2027-03-28T09:00:00+01:00"),
        ("2027-03-27T02:30:00+01:00", "Europe/Zurich", 1, "2027-03-28T03:30:00+02:00"),  # clocks skip 02:30
        ("2027-03-27T02:30:00+01:00", "Europe/Zurich", 2, "2027-03-29T02:30:00+02:00"),
        ("2027-10-30T02:30:00+02:00", "Europe/Zurich", 1, "2027-10-31T02:30:00+02:00"),  # it comes twice: the first
        ("2027-10-31T02:30:00+01:00", "Europe/Zurich", 0, "2027-10-31T02:30:00+01:00"),  # the second, as was said
        ("2027-10-31T02:30:00+01:00", "Europe/Zurich", 1, "2027-11-01T02:30:00+01:00"),
        ("2027-11-06T20:00:00Z", "America/New_York", 1, "2027-11-07T16:00:00-05:00"),
        ("2027-03-13T22:00:00Z", "America/New_York", 1, "2027-03-14T17:00:00-04:00"),
        ("2028-02-28T09:00:00Z", "UTC", 1, "2028-02-29T09:00:00+00:00"),
    ],
)
def test_a_repeated_reminder_keeps_the_time_of_day_that_clocks_show(
    first: str, zone: str | None, count: int, due: str
) -> None:
    assert daily(first, zone, count).due_at.isoformat() == due


@given(days=st.integers(1, 365), count=st.integers(1, 12), zone=st.sampled_from(["Europe/Zurich", "Asia/Seoul"]))
def test_each_occurrence_is_what_the_one_before_says_comes_next(days: int, count: int, zone: str) -> None:
    fields: dict[str, Any] = {"timeZone": zone, "repeat": {"everyDays": days, "until": "2036-11-28"}}
    before, this = reminder({"count": count - 1}, **fields), reminder({"count": count}, **fields)
    assert before.next_at in (this.due_at, None)
    assert (before.next_at is None) == (this.due_at.date().isoformat() > "2036-11-28")
    assert this.due_at.strftime("%H:%M") == before.due_at.strftime("%H:%M")


def test_the_last_day_is_included_and_the_day_after_it_is_not() -> None:
    weekly: dict[str, Any] = {"repeat": {"everyDays": 7, "until": "2026-12-05"}}
    assert reminder(**weekly).next_at == datetime(2026, 12, 5, 8, tzinfo=UTC)
    assert reminder({"count": 1}, **weekly).next_at is None


def test_a_move_is_where_those_after_it_are_counted_from() -> None:
    weekly: dict[str, Any] = {"repeat": {"everyDays": 7, "until": "2026-12-31"}}
    moved = next_plan(settled(reminder({"count": 2, "visit": 5, "sentBefore": 2}, **weekly), "move", LATER))
    assert moved == Plan(anchor=datetime(2026, 12, 5, 8, tzinfo=UTC), count=0, visit=6, sent_before=2)
    assert reminder(moved.model_dump(), **weekly).next_at == datetime(2026, 12, 12, 8, tzinfo=UTC)


def test_after_an_occurrence_was_sent_the_next_one_is_planned() -> None:
    this = reminder({"count": 2, "visit": 5, "sentBefore": 2})
    assert next_plan(settled(this, "due", sent=True)) == Plan(anchor=this.anchor, count=3, visit=6, sent_before=3)


def test_after_a_wait_that_was_cut_the_same_occurrence_is_planned() -> None:
    this = reminder({"count": 2, "visit": 5, "sentBefore": 2})
    assert next_plan(settled(this, "due")) == Plan(anchor=this.anchor, count=2, visit=6, sent_before=2)


def test_a_move_is_measured_by_when_it_was_sent() -> None:
    late = settled(reminder(now=NOW + timedelta(days=60)), "move", LATER)
    assert next_plan(late).anchor == datetime(2026, 12, 5, 8, tzinfo=UTC)


def test_a_move_that_no_route_has_looked_at_is_refused_with_its_field() -> None:
    with pytest.raises(InvalidInput) as refused:
        next_plan(settled(reminder(), "move", {"scheduledAt": "2026-11-20T09:00:00Z"}))
    assert refused.value.problems == [("payload.scheduledAt", "is in the past")]
