"""A request's way: what an update changes and what not, and how it ends."""

from typing import Any

import pytest

from tests.support.clock import at
from tests.unit.trip_request.trips import OPENED, SENT, close_order, decision, update_order
from trip_request.models import TripRequestInput
from trip_request.requests import closed, opened, updated

NOW = "2039-11-21T09:40:00Z"


def test_a_request_can_be_answered_for_so_long_from_when_it_is_opened() -> None:
    with at("2039-11-21T09:00:00Z"):
        request = opened(TripRequestInput.model_validate(SENT), "trip-request-1", OPENED.requested_at, 3600)
    assert request == OPENED


def test_an_update_changes_what_it_says_and_gives_nobody_more_time() -> None:
    with at(NOW):
        request = updated(update_order({"endDate": "2040-01-20", "message": "Two days more?"}))
    assert (request.start_date, request.end_date.isoformat()) == (OPENED.start_date, "2040-01-20")
    assert request.message == "Two days more?"
    assert (request.expires_at, request.seconds) == (OPENED.expires_at, 20 * 60)
    assert (request.updates, request.refused) == (1, None)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({"startDate": "2040-01-19"}, "endDate: is before the start date"),
        ({"endDate": "2040-03-12"}, "endDate: makes the trip longer than 60 days"),
        ({"endDate": "2020-01-18", "message": "Last year?"}, "endDate: is in the past"),
        ({}, "input: should have startDate, endDate or message"),
        (None, "input: Input should be an object"),
    ],
)
def test_an_impossible_update_changes_nothing_counts_and_says_why(payload: Any, why: str) -> None:
    with at(NOW):
        request = updated(update_order(payload, updates=2))
    assert (request.updates, request.refused) == (3, why)
    assert request == OPENED.model_copy(update={"updates": 3, "refused": why, "seconds": 20 * 60})


def test_a_good_update_after_an_impossible_one_is_made() -> None:
    with at(NOW):
        request = updated(update_order({"message": "Please?"}, updates=1, refused="endDate: is before the start date"))
    assert (request.message, request.refused) == ("Please?", None)


def test_an_update_of_the_last_moment_leaves_a_second_to_answer() -> None:
    with at("2039-11-21T10:00:20Z"):
        assert updated(update_order({"message": "Please?"})).seconds == 1


@pytest.mark.parametrize(("action", "outcome"), [("accept", "accepted"), ("decline", "declined")])
def test_the_owner_s_word_ends_the_request_and_is_kept(action: str, outcome: str) -> None:
    said, result = closed(close_order(decision(action, comment="See you there")))
    assert said == outcome
    assert (result.responded_at, result.responded_by) == ("2039-11-21T09:30:00.000Z", "owner-1")
    assert result.comment == "See you there"
    assert result.requested_at == OPENED.requested_at


def test_a_cancelled_request_was_answered_by_nobody() -> None:
    said, result = closed(close_order(decision("cancel", by="rider-1", comment="The snow is gone")))
    assert said == "cancelled"
    assert (result.responded_at, result.responded_by, result.comment) == (None, None, "The snow is gone")


def test_a_request_without_an_answer_expires() -> None:
    said, result = closed(close_order(None))
    assert said == "expired"
    assert (result.responded_at, result.responded_by, result.comment) == (None, None, None)
