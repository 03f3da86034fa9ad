"""trip-request: what its machine is run through."""

from typing import Any

from tests.support.interpreter import Answer
from tests.support.scenarios import Scenario
from trip_request.models import MOST_UPDATES

GOOD: dict[str, Any] = {
    "sessionId": "trip-request-1",
    "tripId": "trip-1",
    "tripTitle": "A week in Whistler",
    "ownerId": "owner-1",
    "requesterId": "rider-1",
    "startDate": "2040-01-12",
    "endDate": "2040-01-18",
    "message": "May I come?",
}


def says(action: str, by: str = "owner-1", **fields: Any) -> Answer:
    """An answer to the question as it stands."""
    return ("AskOwner", {"action": action, "by": by, **fields})


def update(**payload: Any) -> Answer:
    """The requester's change."""
    return says("update", "rider-1", payload=payload)


SILENCE: Answer = ("AskOwner", None)
CANCEL = says("cancel", "rider-1", comment="The snow is gone")

SCENARIOS = [
    Scenario("a request is accepted", GOOD, "SUCCEEDED", outcome="accepted", answers=(says("accept"),)),
    Scenario(
        "a request is declined", GOOD, "SUCCEEDED", outcome="declined", answers=(says("decline", comment="Full"),)
    ),
    Scenario("a request is cancelled by the requester", GOOD, "SUCCEEDED", outcome="cancelled", answers=(CANCEL,)),
    Scenario("a request that nobody answers expires", GOOD, "SUCCEEDED", outcome="expired", answers=(SILENCE,)),
    Scenario(
        "a request is changed and then accepted",
        GOOD,
        "SUCCEEDED",
        outcome="accepted",
        answers=(update(endDate="2040-01-19", message="And a day more?"), says("accept")),
    ),
    Scenario(
        "a request that is changed and then not answered expires",
        GOOD,
        "SUCCEEDED",
        outcome="expired",
        answers=(update(message="Please?"), SILENCE),
    ),
    Scenario(
        "a change that makes no trip leaves the request as it was",
        GOOD,
        "SUCCEEDED",
        outcome="accepted",
        answers=(update(startDate="2040-02-01"), says("accept")),
    ),
    Scenario(
        "a request is changed as often as that is possible, and then cancelled",
        GOOD,
        "SUCCEEDED",
        outcome="cancelled",
        answers=(*(update(message=f"Change {number}") for number in range(1, MOST_UPDATES + 1)), CANCEL),
    ),
    Scenario("a repeated start does nothing", GOOD, "SUCCEEDED", started_before=(GOOD,), answers=(says("accept"),)),
    Scenario(
        "the same session with another request is refused",
        {**GOOD, "requesterId": "rider-2"},
        "FAILED",
        error="SessionConflict",
        started_before=(GOOD,),
        answers=(says("accept"),),
    ),
    Scenario(
        "a trip that is over is refused",
        {**GOOD, "startDate": "2020-01-12", "endDate": "2020-01-18"},
        "FAILED",
        error="InvalidInput",
    ),
    Scenario("a request of the owner is refused", {**GOOD, "requesterId": "owner-1"}, "FAILED", error="InvalidInput"),
]
