"""matching: what its machine is run through. The vendor answers by the search's resort, the receiver by its path:
tests/support/matching.py.
"""

from typing import Any

from tests.support.interpreter import Answer, Fault
from tests.support.matching import outside, search
from tests.support.scenarios import Scenario

PLAIN = search(searchId="search-1")
COACH: dict[str, Any] = {"kind": "coach", "certifiedOnly": True}
TAKEN, BUSY, DOWN, GONE = (f"{outside().url}/{name}" for name in ("taken", "busy", "down", "gone"))


def says(payload: Any) -> tuple[Answer, ...]:
    """What the vendor's webhook brings."""
    return (("RequestVendorReview", {"action": "review", "by": "webhook", "payload": payload}),)


REVIEWED = says({"reviews": [{"userId": "rider-1", "approved": False}, {"userId": "rider-2", "approved": True}]})

SCENARIOS = [
    Scenario("a search for a buddy waits for nobody", PLAIN, "SUCCEEDED", outcome="matched"),
    Scenario(
        "a vendor that is silent leaves the matches unreviewed",
        search(**COACH),
        "SUCCEEDED",
        outcome="unreviewed",
        answers=(("RequestVendorReview", None),),
    ),
    Scenario(
        "a vendor that answers something else leaves the matches unreviewed",
        search(**COACH),
        "SUCCEEDED",
        outcome="unreviewed",
        answers=says(["fine by us"]),
    ),
    Scenario(
        "a vendor that is busy twice reviews", search("busy", **COACH), "SUCCEEDED", outcome="matched", answers=REVIEWED
    ),
    Scenario(
        "a vendor that is down leaves the matches unreviewed",
        search("down", **COACH),
        "SUCCEEDED",
        outcome="unreviewed",
    ),
    Scenario(
        "a vendor that refuses leaves the matches unreviewed",
        search("refusing", **COACH),
        "SUCCEEDED",
        outcome="unreviewed",
    ),
    Scenario(
        "where nobody fits the vendor is not asked",
        search(minLevel=4, **COACH),
        "SUCCEEDED",
        outcome="no_matches",
    ),
    Scenario(
        "a search for a certified coach is reviewed, and its result delivered",
        search(callbackUrl=TAKEN, **COACH),
        "SUCCEEDED",
        outcome="matched",
        answers=REVIEWED,
    ),
    Scenario("a receiver that is busy twice gets the result", search(callbackUrl=BUSY), "SUCCEEDED", outcome="matched"),
    Scenario("a result whose receiver stays down is parked", search(callbackUrl=DOWN), "SUCCEEDED", outcome="matched"),
    Scenario("a result that nobody wants is parked", search(callbackUrl=GONE), "SUCCEEDED", outcome="matched"),
    Scenario(
        "a result is parked however often that is repeated",
        search(callbackUrl=GONE),
        "SUCCEEDED",
        outcome="matched",
        faults=(
            Fault("ParkDelivery", "Lambda.TooManyRequestsException", visit=1),
            Fault("ParkDelivery", "AwsUnavailable", visit=2),
            Fault("ParkDelivery", "Lambda.Unknown", visit=3, after_work=True),
        ),
    ),
    Scenario("a repeated start does nothing", PLAIN, "SUCCEEDED", started_before=(PLAIN,)),
    Scenario(
        "the same search with other criteria is refused",
        search(searchId="search-1", kind="coach"),
        "FAILED",
        error="SessionConflict",
        started_before=(PLAIN,),
    ),
    Scenario("a search that ends before it starts is refused", search(endDate="2027-01-09"), "FAILED", "InvalidInput"),
    Scenario(
        "a search whose result would go anywhere is refused",
        search(callbackUrl="https://evil.example.com/"),
        "FAILED",
        error="InvalidInput",
    ),
]
