"""How the results of the platform's workflows read."""

import io
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import BaseModel
from rich.console import Console

from course_review.models import ReviewResult
from gear_reminder.models import ReminderResult
from local.reminders import print_reminder
from local.reviews import print_review
from local.skills import print_profile
from local.trips import print_trip
from skill_sync.models import Skill, SkillProfile
from trip_request.models import ClosedRequest

DUE = datetime(2026, 11, 29, 9, tzinfo=UTC)
AT = "2026-11-21T09:30:00.125Z"

PROFILE = SkillProfile(
    user_id="rider-1",
    practices=1,
    areas={"edging": Skill(level=2, score=72.5, drills=3), "timing": Skill(level=0, score=None, drills=0)},
)
TRIP = ClosedRequest(
    trip_id="t",
    trip_title="A week in [Whistler]",
    owner_id="ann",
    requester_id="bob",
    start_date=date(2030, 1, 12),
    end_date=date(2030, 1, 18),
    message="",
    requested_at=AT,
    updates=2,
)
REVIEW = ReviewResult(
    course_id="c", course_name="Peak [to] Creek", resort="whistler", user_id="bob", rating=5, rounds=2
)
REMINDER = ReminderResult(
    user_id="bob", gear="Board", reminder_type="wax", due_at=DUE, sent_at=None, late_seconds=None, sent=0
)


def printed(printer: Callable[[Mapping[str, Any], Console], None], result: BaseModel, **changed: Any) -> list[str]:
    """The lines printed of a result as it is stored, each run of spaces as one."""
    console = Console(file=io.StringIO(), width=200)
    printer(result.model_copy(update=changed).model_dump(mode="json", by_alias=True), console)
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_a_skill_profile_has_a_bar_for_each_area_and_its_score_if_it_was_practised() -> None:
    lines = printed(print_profile, PROFILE)

    assert lines[0] == "rider-1, after 1 practice"
    assert "edging ██████░░░░░░ 2 of 4 72.5 3" in lines
    assert "timing ░░░░░░░░░░░░ 0 of 4 - 0" in lines


def test_a_trip_request_without_an_answer_says_so() -> None:
    assert printed(print_trip, TRIP) == [
        "A week in [Whistler], a trip of ann",
        "bob asked to come from 2030-01-12 to 2030-01-18, changed 2 times.",
        "The owner has not answered.",
    ]


def test_a_trip_request_shows_who_answered_when_and_what_they_said() -> None:
    answer = {"responded_at": AT, "responded_by": "ann", "comment": "Bring [wax]", "updates": 0}

    assert printed(print_trip, TRIP, **answer)[1:] == [
        "bob asked to come from 2030-01-12 to 2030-01-18.",
        f"ann answered at {AT}, saying: Bring [wax].",
    ]


def test_a_published_review_shows_who_decided_and_where_its_course_stands() -> None:
    decided = {"reviewed_at": AT, "reviewed_by": "mod", "reason": "Fine", "rank": 2, "of": 7, "score": 4.256}

    assert printed(print_review, REVIEW, **decided) == [
        "Peak [to] Creek in whistler: 5 of 5",
        f"mod decided after 2 rounds at {AT}, saying: Fine.",
        "It ranks 2 of 7 in whistler, with a score of 4.26.",
    ]


def test_a_review_that_the_screening_refused_shows_why() -> None:
    refused = {"reviewed_at": AT, "reviewed_by": "screening", "rounds": 1, "reasons": ["text: has the word 'scam'"]}

    assert printed(print_review, REVIEW, **refused)[1:] == [
        f"screening decided at {AT}.",
        "- text: has the word 'scam'",
    ]


def test_a_review_that_nobody_decided_shows_only_what_it_is() -> None:
    assert printed(print_review, REVIEW) == ["Peak [to] Creek in whistler: 5 of 5"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, ["Board: wax was cancelled before it was due at 2026-11-29T09:00:00Z."]),
        (
            {"sent_at": AT, "late_seconds": 3},
            ["Board: wax was sent to bob.", "It was due at 2026-11-29T09:00:00Z, and sent 3 s later."],
        ),
    ],
)
def test_a_reminder_says_whether_it_was_sent(sent: dict[str, Any], said: list[str]) -> None:
    assert printed(print_reminder, REMINDER, **sent) == said
