"""What a review and a resubmission may say, and what a refusal names."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from core.models import Input, validated
from course_review.models import SIGNALS, CourseReviewInput
from course_review.screening import screen
from tests.unit.course_review.reviewing import SENT, review

SAMPLE = Path(__file__).parents[3] / "local" / "samples" / "course-review.json"


def problems(model: type[Input], raw: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        validated(model, raw)
    return refused.value.problems


def test_the_sample_is_a_review_that_passes_the_screening() -> None:
    sample = json.loads(SAMPLE.read_text())
    validated(CourseReviewInput, sample)
    assert screen(review(title=sample["title"], text=sample["text"]), ["scam"]) == []


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"rating": 0}, "rating", "Input should be greater than or equal to 1"),
        ({"rating": 6}, "rating", "Input should be less than or equal to 5"),
        ({"rating": 4.5}, "rating", "Input should be a valid integer"),
        ({"rating": "5"}, "rating", "Input should be a valid integer"),
        ({"title": " "}, "title", "String should have at least 1 character"),
        ({"text": "a" * 10_001}, "text", "String should have at most 10000 characters"),
        ({"stars": 5}, "stars", "Extra inputs are not permitted"),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_the_reason(fields: dict[str, Any], field: str, problem: str) -> None:
    assert problems(CourseReviewInput, {**SENT, **fields}) == [(field, problem)]


@pytest.mark.parametrize("fields", [{"title": "Two\nlines"}, {"courseName": "a" * 61}, {"resort": "Whistler, BC"}])
def test_names_are_short_lines_and_a_resort_is_a_slug(fields: dict[str, Any]) -> None:
    assert [field for field, _ in problems(CourseReviewInput, {**SENT, **fields})] == list(fields)


@pytest.mark.parametrize("payload", [{"rating": 1}, {"title": "Short"}, {"text": "Shorter", "rating": 5}])
def test_a_resubmission_says_what_changes(payload: dict[str, Any]) -> None:
    validated(SIGNALS["resubmit"], payload)


@pytest.mark.parametrize(
    ("payload", "field", "problem"),
    [
        ({}, "input", "should have rating, title or text"),
        (None, "input", "Input should be an object"),
        ({"rating": 6}, "rating", "Input should be less than or equal to 5"),
        ({"courseId": "another"}, "courseId", "Extra inputs are not permitted"),
    ],
)
def test_a_resubmission_that_changes_nothing_or_something_else_is_refused(
    payload: Any, field: str, problem: str
) -> None:
    assert problems(SIGNALS["resubmit"], payload) == [(field, problem)]
