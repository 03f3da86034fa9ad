"""trip-request's Lambdas one after another, as the state machine calls them, with the API in between."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.settings import WrongSettings, load
from tests.support.tables import forget_settings, notifications, record_of, result_of
from tests.unit.trip_request.trips import Trip, link_of, told
from trip_request import open_request
from trip_request.models import MOST_UPDATES

pytestmark = pytest.mark.usefixtures("shared_tables")

ENDINGS = [
    pytest.param("accept", "accepted", "completed", id="accepted"),
    pytest.param("decline", "declined", "completed", id="declined"),
    pytest.param("cancel", "cancelled", "cancelled", id="cancelled"),
    pytest.param(None, "expired", "expired", id="expired"),
]


@pytest.fixture(autouse=True)
def _nobody_told(shared_tables: pytest.MonkeyPatch) -> None:
    notifications()


def asked(**fields: Any) -> tuple[Trip, str]:
    """A request whose owner has been asked, and the owner's link."""
    trip = Trip(**fields)
    trip.ask()
    invitation, _notice = notifications()
    return trip, link_of(invitation)


def ended(action: str | None) -> tuple[Trip, str]:
    """A request that was answered, or not, and closed; and the owner's link."""
    trip, link = asked()
    if action is not None:
        assert trip.signal(action, by="owner-1").status == 202
        trip.go_on()
    trip.close()
    return trip, link


def test_the_owner_is_asked_and_the_requester_told_once_however_often_that_is_delivered() -> None:
    trip = Trip()
    trip.ask()
    trip.ask()
    assert told() == [
        ("owner-1", "approvers", "May rider-1 join A week in Whistler?"),
        ("rider-1", "members", "A week in Whistler: request sent"),
    ]
    assert record_of(trip.session_id)["status"] == "waiting"


def test_the_request_was_made_when_its_session_was_whichever_delivery_says_so() -> None:
    trip = Trip()
    assert trip.request["requestedAt"] == trip.open()["requestedAt"] == record_of(trip.session_id)["createdAt"]


def test_an_update_asks_the_same_question_anew_until_the_same_time() -> None:
    trip, link = asked()
    before = trip.row
    assert trip.signal("update", payload={"message": "Please?", "endDate": "2040-01-20"}).status == 202
    trip.go_on()
    trip.update()
    trip.update()
    trip.ask()
    trip.ask()
    assert told() == [
        ("owner-1", "approvers", "May rider-1 join A week in Whistler?"),
        ("rider-1", "members", "A week in Whistler: request changed"),
    ]
    after = trip.row
    assert after["callbackId"] == before["callbackId"]
    until, as_before = (datetime.fromisoformat(row["expiresAt"]) for row in (after, before))
    assert abs(until - as_before) < timedelta(minutes=1)
    page = trip.look(link).text
    assert "Please?" in page
    assert "2040-01-20" in page
    assert trip.decide(link, "accept").status == 200


def test_an_update_that_no_trip_could_be_is_refused_before_anything_is_answered() -> None:
    trip, _ = asked()
    refused = trip.signal("update", payload={"endDate": "2020-01-18"})
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert refused.json["error"]["details"] == [{"field": "payload.endDate", "problem": "is in the past"}]
    assert trip.row["status"] == "open"


def test_an_update_that_fits_no_kept_day_is_no_failure_and_the_requester_told_why() -> None:
    trip, link = asked()
    assert trip.signal("update", payload={"startDate": "2040-02-01"}).status == 202
    trip.go_on()
    trip.update()
    trip.ask()
    _, notice = notifications()
    assert notice["subject"] == "A week in Whistler: request unchanged"
    assert "endDate: is before the start date" in notice["text"]
    assert "2040-01-12" in trip.look(link).text


def test_after_the_last_update_a_further_one_is_refused_and_cancelling_is_not() -> None:
    trip, _ = asked()
    trip.request["updates"] = MOST_UPDATES
    trip.ask()
    refused = trip.signal("update", payload={"message": "Once more?"})
    assert (refused.status, refused.code) == (409, "NotAccepted")
    assert trip.signal("cancel").status == 202


@pytest.mark.parametrize(("action", "outcome", "status"), ENDINGS)
def test_both_sides_are_told_the_end_once_and_the_session_ends_with_it(
    action: str | None, outcome: str, status: str
) -> None:
    trip, _ = ended(action)
    trip.close()
    assert told() == [(side, "members", f"A week in Whistler: request {outcome}") for side in ("owner-1", "rider-1")]
    record = record_of(trip.session_id)
    assert (record["status"], record["outcome"]) == (status, outcome)
    result = result_of(trip.session_id)["result"]
    assert (result["ownerId"], result["requestedAt"]) == ("owner-1", record["createdAt"])
    assert (result["respondedAt"] is not None) == (action in ("accept", "decline"))


@pytest.mark.parametrize(("action", "outcome", "status"), ENDINGS)
def test_what_comes_after_the_end_changes_nothing_and_says_so(action: str | None, outcome: str, status: str) -> None:
    trip, link = ended(action)
    result = result_of(trip.session_id)
    for late in ("accept", "decline", "update", "cancel"):
        payload = {"message": "Still there?"} if late == "update" else None
        refused = trip.signal(late, payload=payload)
        assert (refused.status, refused.code) == (409, "NothingWaits")
    if outcome in ("cancelled", "expired"):
        for page in (trip.look(link), trip.decide(link, "accept")):
            assert page.status == 410
            assert "no longer open" in page.text
    assert result_of(trip.session_id) == result
    assert record_of(trip.session_id)["outcome"] == outcome


def test_of_the_owner_s_word_and_the_requester_s_signal_the_first_stands() -> None:
    trip, link = asked()
    assert trip.decide(link, "accept").status == 200
    assert trip.signal("cancel").status == 409
    other, link = asked()
    assert other.signal("cancel").status == 202
    assert other.decide(link, "accept").status == 409
    assert other.row["decision"]["action"] == "cancel"


@pytest.mark.parametrize("seconds", ["0", str(30 * 24 * 60 * 60 + 1)])
def test_a_wrong_time_to_answer_is_named(shared_tables: pytest.MonkeyPatch, seconds: str) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RESPONSE_SECONDS", seconds)
        forget_settings()
        with pytest.raises(WrongSettings, match="RESPONSE_SECONDS"):
            load(open_request.Settings)
    forget_settings()
