"""skill-sync: what its machine is run through."""

from typing import Any

from tests.support.scenarios import Scenario
from tests.support.skill_sync import USER, practice

PLAIN: dict[str, Any] = {"sessionId": "practice-1", "userId": USER, "practice": practice()}

SCENARIOS = [
    Scenario("a practice becomes a profile", PLAIN, "SUCCEEDED", outcome="published"),
    Scenario("a sync without a practice computes the profile anew", {"userId": USER}, "SUCCEEDED", outcome="published"),
    Scenario("a repeated start does nothing", PLAIN, "SUCCEEDED", started_before=(PLAIN,)),
    Scenario(
        "a practice that is recorded otherwise fails for good",
        {"userId": USER, "practice": practice(drills=[{"drill": "garlands", "area": "edging", "score": 71}])},
        "FAILED",
        error="PracticeConflict",
        started_before=(PLAIN,),
    ),
    Scenario(
        "a practice in an area that does not exist is refused",
        {"userId": USER, "practice": practice(drills=[{"drill": "ollie", "area": "style", "score": 71}])},
        "FAILED",
        error="InvalidInput",
    ),
]
