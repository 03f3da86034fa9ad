"""What a reminder and a move may say, and what a refusal names."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from core.models import Input, validated
from gear_reminder.models import SIGNALS, GearReminderInput
from tests.support.clock import Clock
from tests.unit.gear_reminder.reminders import SENT

ROOT = Path(__file__).parents[3]
NO_OFFSET = "has no offset from UTC; write one, such as 2027-01-31T09:00:00+01:00, or Z for UTC"
NO_MOMENT = "should be a date with a time, such as 2027-01-31T09:00:00+01:00"
NO_ZONE = "is no time zone of the IANA database, such as Europe/Zurich"
REPEAT = {"everyDays": 7, "until": "2027-01-31"}


def problems(model: type[Input], raw: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        validated(model, raw)
    return refused.value.problems


def test_a_reminder_may_be_written_in_snake_case() -> None:
    snake = {
        "user_id": "rider-1",
        "gear": "Freeride board",
        "reminder_type": "wax",
        "message": "Time to wax your board.",
        "scheduled_at": "2026-11-28T09:00:00+01:00",
    }
    assert validated(GearReminderInput, snake) == validated(GearReminderInput, SENT)


def test_the_sample_is_a_reminder_and_the_one_in_the_guide() -> None:
    sample = json.loads((ROOT / "local" / "samples" / "gear-reminder.json").read_text())
    validated(GearReminderInput, sample)
    (shown,) = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "gear-reminder.md").read_text(), re.DOTALL)
    assert json.loads(shown) == sample


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"scheduledAt": "2026-11-28T09:00:00"}, "scheduledAt", NO_OFFSET),
        ({"scheduledAt": "2026-11-28"}, "scheduledAt", NO_MOMENT),
        ({"scheduledAt": "tomorrow"}, "scheduledAt", NO_MOMENT),
        ({"scheduledAt": "2026-11-31T09:00:00Z"}, "scheduledAt", NO_MOMENT),
        ({"scheduledAt": "2026-11-28T09:00:00+24:00"}, "scheduledAt", NO_MOMENT),
        ({"scheduledAt": 1_795_250_000}, "scheduledAt", "Input should be a valid datetime"),
        ({"scheduledAt": "2026-11-21T08:58:59Z"}, "scheduledAt", "is in the past"),
        ({"scheduledAt": "0001-01-01T00:00:00+14:00"}, "scheduledAt", NO_MOMENT),
        ({"scheduledAt": "2037-01-01T09:00:00Z"}, "scheduledAt", "is more than ten years ahead"),
        ({"scheduledAt": "9999-12-31T23:59:59-12:00"}, "scheduledAt", NO_MOMENT),
        ({"timeZone": "Europe/Bern"}, "timeZone", NO_ZONE),
        ({"timeZone": "Europe"}, "timeZone", NO_ZONE),
        ({"timeZone": "../etc/passwd"}, "timeZone", NO_ZONE),
        ({"timeZone": ""}, "timeZone", NO_ZONE),
        ({"repeat": {**REPEAT, "everyDays": 0}}, "repeat.everyDays", "Input should be greater than or equal to 1"),
        ({"repeat": {**REPEAT, "everyDays": 366}}, "repeat.everyDays", "Input should be less than or equal to 365"),
        ({"repeat": {"everyDays": 7}}, "repeat.until", "Field required"),
        ({"repeat": {**REPEAT, "until": "2027-02-30"}}, "repeat.until", "should be a date such as 2027-01-31"),
        ({"repeat": {**REPEAT, "until": "2026-11-27"}}, "repeat", "until is before scheduledAt"),
        (
            {"repeat": {**REPEAT, "until": "2036-11-30"}},
            "repeat",
            "until is more than ten years after scheduledAt",
        ),
        ({"message": ""}, "message", "String should have at least 1 character"),
        ({"gear": " "}, "gear", "String should have at least 1 character"),
        ({"scheduled": "2026-11-28T09:00:00Z"}, "scheduled", "Extra inputs are not permitted"),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_the_reason(fields: dict[str, Any], field: str, problem: str) -> None:
    assert problems(GearReminderInput, {**SENT, **fields}) == [(field, problem)]


def test_what_is_on_one_line_stays_there() -> None:
    assert [field for field, _ in problems(GearReminderInput, {**SENT, "gear": "A\nboard"})] == ["gear"]


@pytest.mark.parametrize("moment", ["2026-11-21T08:59:00Z", "2026-11-21T09:59+01:00", "2026-11-21T01:00:00.5-08:00"])
def test_clocks_that_differ_by_a_minute_say_now(moment: str) -> None:
    validated(GearReminderInput, {**SENT, "scheduledAt": moment})


def test_a_reminder_stays_good_however_late_it_is_looked_at_again(clock: Clock) -> None:
    clock.set("2029-01-01T00:00:00Z")
    validated(GearReminderInput, SENT, sent_at="2026-11-21T09:00:00.000Z")


def test_the_last_day_is_a_day_of_the_time_zone() -> None:
    """In Vancouver it is still the 27th."""
    early = {**SENT, "scheduledAt": "2026-11-28T07:00:00Z", "repeat": {"everyDays": 1, "until": "2026-11-27"}}
    assert problems(GearReminderInput, early) == [("repeat", "until is before scheduledAt")]
    validated(GearReminderInput, {**early, "timeZone": "America/Vancouver"})


@pytest.mark.parametrize(
    ("payload", "field", "problem"),
    [
        ({"scheduledAt": "2026-11-21T08:58:59Z"}, "scheduledAt", "is in the past"),
        ({"scheduledAt": "2026-11-28T09:00:00"}, "scheduledAt", NO_OFFSET),
        ({}, "scheduledAt", "Field required"),
        ({"scheduledAt": "2026-11-28T09:00:00Z", "gear": "x"}, "gear", "Extra inputs are not permitted"),
        (None, "input", "Input should be an object"),
    ],
)
def test_a_move_that_cannot_be_is_refused_with_the_reason(payload: Any, field: str, problem: str) -> None:
    assert problems(SIGNALS["move"], payload) == [(field, problem)]
