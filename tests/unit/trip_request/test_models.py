"""What a request and its update may say, and what a refusal names."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from core.models import Input, validated
from tests.support.clock import at
from tests.unit.trip_request.trips import SENT
from trip_request.models import SIGNALS, TripRequestInput

ROOT = Path(__file__).parents[3]


def problems(model: type[Input], raw: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        validated(model, raw)
    return refused.value.problems


def test_a_request_may_be_written_in_snake_case_and_needs_no_message() -> None:
    snake = {
        "trip_id": "trip-1",
        "trip_title": "A week in Whistler",
        "owner_id": "owner-1",
        "requester_id": "rider-1",
        "start_date": "2040-01-12",
        "end_date": "2040-01-18",
    }
    assert TripRequestInput.model_validate(snake) == TripRequestInput.model_validate({**SENT, "message": ""})


def test_the_sample_is_a_request_and_the_one_in_the_guide() -> None:
    sample = json.loads((ROOT / "local" / "samples" / "trip-request.json").read_text())
    validated(TripRequestInput, sample)
    (shown,) = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "trip-request.md").read_text(), re.DOTALL)
    assert json.loads(shown) == sample


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"startDate": "2040-02-30"}, "startDate", "should be a date such as 2027-01-31"),
        ({"startDate": "20400112"}, "startDate", "should be a date such as 2027-01-31"),
        ({"startDate": 2210112000}, "startDate", "Input should be a valid date"),
        ({"endDate": "2040-01-11"}, "endDate", "is before the start date"),
        ({"endDate": "2040-03-12"}, "endDate", "makes the trip longer than 60 days"),
        ({"startDate": "2020-01-12", "endDate": "2020-01-18"}, "endDate", "is in the past"),
        ({"requesterId": "owner-1"}, "requesterId", "is the trip's owner, who needs nobody's word"),
        ({"tripTitle": "  "}, "tripTitle", "String should have at least 1 character"),
        ({"message": "a" * 1001}, "message", "String should have at most 1000 characters"),
        ({"mesage": "May I come?"}, "mesage", "Extra inputs are not permitted"),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_the_reason(fields: dict[str, Any], field: str, problem: str) -> None:
    assert problems(TripRequestInput, {**SENT, **fields}) == [(field, problem)]


@pytest.mark.parametrize("title", ["Two\nlines", "a" * 81])
def test_a_title_is_one_short_line(title: str) -> None:
    assert [field for field, _ in problems(TripRequestInput, {**SENT, "tripTitle": title})] == ["tripTitle"]


@pytest.mark.parametrize("end", ["2040-01-12", "2040-03-11"])
def test_a_trip_takes_one_day_to_sixty(end: str) -> None:
    validated(TripRequestInput, {**SENT, "endDate": end})


def test_a_trip_may_end_today_wherever_that_is() -> None:
    with at("2040-01-19T11:59:59Z"):  # still the 18th on Baker Island
        validated(TripRequestInput, SENT)
    with at("2040-01-19T12:00:00Z"):
        assert problems(TripRequestInput, SENT) == [("endDate", "is in the past")]


def test_a_request_stays_good_however_late_it_is_looked_at_again() -> None:
    with at("2041-01-01T00:00:00Z"):
        validated(TripRequestInput, SENT, sent_at="2040-01-01T00:00:00.000Z")


@pytest.mark.parametrize("payload", [{"message": ""}, {"end_date": "2040-01-20"}, {"startDate": "2020-01-01"}])
def test_an_update_says_what_changes(payload: dict[str, Any]) -> None:
    validated(SIGNALS["update"], payload)


@pytest.mark.parametrize(
    ("payload", "field", "problem"),
    [
        ({}, "input", "should have startDate, endDate or message"),
        ({"message": None}, "input", "should have startDate, endDate or message"),
        (None, "input", "Input should be an object"),
        ({"endDate": "2020-01-18"}, "endDate", "is in the past"),
        ({"startDate": "2040-01-19", "endDate": "2040-01-18"}, "endDate", "is before the start date"),
        ({"ownerId": "rider-2"}, "ownerId", "Extra inputs are not permitted"),
    ],
)
def test_an_update_that_cannot_be_is_refused_with_the_reason(payload: Any, field: str, problem: str) -> None:
    assert problems(SIGNALS["update"], payload) == [(field, problem)]
