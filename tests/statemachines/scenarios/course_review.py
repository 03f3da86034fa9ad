"""course-review: what its machine is run through. On stage `test`, `rubbish` is a banned word."""

from typing import Any

from tests.support.interpreter import Answer
from tests.support.scenarios import Scenario

GOOD: dict[str, Any] = {
    "sessionId": "review-1",
    "courseId": "peak-to-creek",
    "courseName": "Peak to Creek",
    "resort": "whistler",
    "userId": "rider-1",
    "rating": 4,
    "title": "Long and lovely",
    "text": "Eleven kilometres, and empty after lunch.",
}


def says(action: str, **fields: Any) -> Answer:
    """The moderator's answer."""
    return ("AskModerator", {"action": action, "by": "mod", **fields})


def sent_again(**payload: Any) -> Answer:
    """The author's changes."""
    return ("AskAuthor", {"action": "resubmit", "by": "rider-1", "payload": payload})


APPROVED, REJECTED = says("approve"), says("reject", comment="About another course")
CHANGES = says("request_changes", comment="Say more about the snow")
BETTER = sent_again(text="Eleven kilometres; the snow is soft after lunch.")

SCENARIOS = [
    Scenario("a review is approved", GOOD, "SUCCEEDED", outcome="published", answers=(APPROVED,)),
    Scenario("a review is rejected by a moderator", GOOD, "SUCCEEDED", outcome="rejected", answers=(REJECTED,)),
    Scenario(
        "a review that is clearly bad is rejected by the screening",
        {**GOOD, "title": "Rubbish", "text": "www.a.example www.b.example www.c.example"},
        "SUCCEEDED",
        outcome="rejected",
    ),
    Scenario(
        "a review that no moderator decides expires",
        GOOD,
        "SUCCEEDED",
        outcome="expired",
        answers=(("AskModerator", None),),
    ),
    Scenario(
        "a review is changed and then published",
        GOOD,
        "SUCCEEDED",
        outcome="published",
        answers=(CHANGES, BETTER, APPROVED),
    ),
    Scenario(
        "a review whose author sends no changes expires",
        GOOD,
        "SUCCEEDED",
        outcome="expired",
        answers=(CHANGES, ("AskAuthor", None)),
    ),
    Scenario(
        "a review is changed as often as that is possible, and then rejected",
        GOOD,
        "SUCCEEDED",
        outcome="rejected",
        answers=(CHANGES, BETTER, CHANGES, sent_again(rating=3), REJECTED),
    ),
    Scenario("a repeated start does nothing", GOOD, "SUCCEEDED", started_before=(GOOD,), answers=(APPROVED,)),
    Scenario(
        "the same session with another review is refused",
        {**GOOD, "rating": 1},
        "FAILED",
        error="SessionConflict",
        started_before=(GOOD,),
        answers=(APPROVED,),
    ),
    Scenario("a rating beyond the scale is refused", {**GOOD, "rating": 6}, "FAILED", error="InvalidInput"),
]
