"""What skill-sync takes, from people and from events, and what it refuses."""

from typing import Any

import pytest

from core.errors import InvalidInput
from core.models import validated
from skill_sync.models import PracticeCompleted, SkillSyncInput
from tests.support.clock import at
from tests.support.skill_sync import DRILLS, USER, completed, practice

SNAKE = {"practice_id": "p-1", "practiced_at": "2025-03-01T18:30:00+09:00", "drills": DRILLS}


def drill(**fields: Any) -> dict[str, Any]:
    return {**DRILLS[0], **fields}


def refused(model: Any, raw: Any, **given: Any) -> list[str]:
    """The fields that are told as bad."""
    with pytest.raises(InvalidInput) as error:
        validated(model, raw, **given)
    return [field for field, _ in error.value.problems]


def test_an_event_is_read_in_either_case_whatever_else_it_holds() -> None:
    camel = {"userId": USER, "practiceId": "p-1", "practicedAt": "2025-03-01T09:30:00Z", "drills": DRILLS}
    snake = {"user_id": USER, **SNAKE, "resort": "whistler", "drills": [drill(coach="ann"), *DRILLS[1:]]}
    one, other = (validated(PracticeCompleted, {"id": "1", "detail": detail}).detail for detail in (camel, snake))
    assert one == other
    assert one.practiced_at.isoformat() == "2025-03-01T09:30:00+00:00"


def test_people_s_input_is_taken_in_either_case_and_a_misspelt_field_is_named() -> None:
    assert validated(SkillSyncInput, {"user_id": USER, "practice": SNAKE}).practice is not None
    assert validated(SkillSyncInput, {"userId": USER}).practice is None
    bad = {"userId": USER, "practice": {**SNAKE, "drills": [drill(scores=1)]}}
    assert refused(SkillSyncInput, bad) == ["practice.drills.0.scores"]


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"practiceId": "#sync"}, "practiceId"),
        ({"practiceId": ""}, "practiceId"),
        ({"practicedAt": "2026-03-01T09:30:00"}, "practicedAt"),
        ({"practicedAt": "yesterday"}, "practicedAt"),
        ({"practicedAt": "0001-01-01T00:00:00+09:00"}, "practicedAt"),
        ({"practicedAt": 1772357400}, "practicedAt"),
        ({"drills": []}, "drills"),
        ({"drills": [drill()] * 101}, "drills"),
        ({"drills": [drill(score=100.5)]}, "drills.0.score"),
        ({"drills": [drill(score="70")]}, "drills.0.score"),
        ({"drills": [drill(score=float("nan"))]}, "drills.0.score"),
        ({"drills": [drill(area="style")]}, "drills.0.area"),
        ({"drills": [drill(drill="")]}, "drills.0.drill"),
    ],
)
def test_what_is_no_practice_is_refused_and_named_in_events_and_inputs(fields: dict[str, Any], bad: str) -> None:
    wrong = practice(**fields)
    assert refused(PracticeCompleted, completed(wrong)) == [f"detail.{bad}"]
    assert refused(SkillSyncInput, {"userId": USER, "practice": wrong}) == [f"practice.{bad}"]


def test_a_practice_is_not_more_than_a_day_ahead_of_when_it_was_told() -> None:
    ahead = {"userId": USER, "practice": practice(practicedAt="2026-03-02T09:30:00Z")}
    with at("2026-11-21T09:00:00Z"):
        assert validated(SkillSyncInput, ahead, sent_at="2026-03-01T09:30:00.000Z")
        assert refused(SkillSyncInput, ahead, sent_at="2026-03-01T09:29:59.999Z") == ["practice.practicedAt"]
    with at("2026-03-01T09:00:00Z"):
        assert refused(PracticeCompleted, completed(ahead["practice"])) == ["detail.practicedAt"]
