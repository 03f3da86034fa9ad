"""What members are told."""

from datetime import UTC, datetime

import pytest

from gear_reminder.message import lateness, notification
from gear_reminder.models import Plan, Reminder

DUE = datetime(2026, 11, 28, 8, tzinfo=UTC)
REMINDER = Reminder(
    **Plan(anchor=DUE).model_dump(),
    user_id="rider-1",
    gear="Freeride board",
    reminder_type="wax",
    message="Time to wax your board.",
    due_at=datetime.fromisoformat("2026-11-28T09:00:00+01:00"),
    next_at=None,
    seconds=1,
    reaches_due=True,
)


def test_a_reminder_in_time_says_what_for_and_when_it_was_due() -> None:
    told = notification(REMINDER, "gear-1", late_seconds=300)
    assert (told.audience, told.recipient, told.session_id) == ("members", "rider-1", "gear-1")
    assert told.subject == "Freeride board: wax"
    assert told.text == "Time to wax your board.\n\nDue 2026-11-28 09:00+01:00."


def test_a_reminder_that_is_late_says_by_how_much() -> None:
    told = notification(REMINDER, "gear-1", late_seconds=7500)
    assert told.text.endswith("This reminder is 2 hours 5 minutes late: it could not be sent in time.")


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (301, "5 minutes"),
        (3600, "1 hour"),
        (3660, "1 hour 1 minute"),
        (86_400 + 60, "1 day 1 minute"),
        (40 * 86_400 + 7_199, "40 days 1 hour"),
    ],
)
def test_lateness_is_told_in_its_two_largest_units(seconds: int, says: str) -> None:
    assert lateness(seconds) == says


def test_the_longest_reminder_has_a_subject_that_can_be_sent() -> None:
    longest = REMINDER.model_copy(update={"gear": "g" * 60, "reminder_type": "r" * 30})
    assert len(notification(longest, "gear-1", 0).subject) < 100
