"""What owner and requester read."""

import pytest

from tests.unit.trip_request.trips import OPENED, close_order, decision
from trip_request.models import MOST_UPDATES, TripRequest
from trip_request.requests import closed
from trip_request.telling import ending, question


def changed(**changes: object) -> TripRequest:
    return OPENED.model_copy(update=changes)


def test_the_owner_is_asked_about_days_and_message() -> None:
    asked = question(OPENED)
    assert asked.title == "May rider-1 join A week in Whistler?"
    assert (asked.accepts, asked.signals, asked.approvers) == (
        ("accept", "decline"),
        ("update", "cancel"),
        ("owner-1",),
    )
    assert asked.expires_in == 3600
    assert [(fact.label, fact.value) for fact in asked.facts] == [
        ("Trip", "A week in Whistler"),
        ("Owner", "owner-1"),
        ("Requester", "rider-1"),
        ("From", "2040-01-12"),
        ("To", "2040-01-18"),
        ("Requested", "2039-11-21T09:00:00.000Z"),
        ("Message", "May I come?"),
    ]


def test_a_request_without_a_message_has_no_line_for_it() -> None:
    assert "Message" not in {fact.label for fact in question(changed(message="")).facts}


def test_the_last_update_leaves_cancelling() -> None:
    assert question(changed(updates=MOST_UPDATES - 1)).signals == ("update", "cancel")
    assert question(changed(updates=MOST_UPDATES)).signals == ("cancel",)


@pytest.mark.parametrize(
    ("request_", "what", "says"),
    [
        (OPENED, "request sent", "Your request was sent."),
        (changed(updates=1), "request changed", "Your request was changed, and its owner has been asked again."),
        (
            changed(updates=1, refused="endDate: is before the start date"),
            "request unchanged",
            "Your change was not made: endDate: is before the start date. The request stays as it was.",
        ),
    ],
)
def test_the_requester_is_told_what_became_of_what_was_sent(request_: TripRequest, what: str, says: str) -> None:
    (notice,) = question(request_).notices
    assert (notice.audience, notice.recipient) == ("members", "rider-1")
    assert notice.subject == f"A week in Whistler: {what}"
    first, *facts = notice.text.splitlines()
    assert first == f"{says} The trip's owner may answer until 2039-11-21T10:00:00.000Z."
    assert {"Owner: owner-1", "Requested: 2039-11-21T09:00:00.000Z"} <= set(facts)


@pytest.mark.parametrize(
    ("action", "outcome", "says"),
    [
        ("accept", "accepted", "The trip's owner has accepted the request."),
        ("decline", "declined", "The trip's owner has declined the request."),
        ("cancel", "cancelled", "The requester has cancelled the request; nothing is left to decide."),
        (None, "expired", "The request has expired: the trip's owner has not answered in time."),
    ],
)
def test_each_ending_is_told_in_its_own_words(action: str | None, outcome: str, says: str) -> None:
    word, result = closed(close_order(None if action is None else decision(action, comment="So be it")))
    told = ending(word, result, "trip-request-1", "owner-1")
    assert told.subject == f"A week in Whistler: request {outcome}"
    assert told.text.splitlines()[0] == says
    assert ("Answered: 2039-11-21T09:30:00.000Z" in told.text) == (action in ("accept", "decline"))
    assert ("Comment: So be it" in told.text) == (action is not None)


def test_the_longest_subject_is_one_that_can_be_sent() -> None:
    (notice,) = question(changed(trip_title="T" * 80, refused="x")).notices
    assert len(notice.subject) < 100
