"""ai-chef: what its machine is run through."""

from typing import Any

from tests.support.interpreter import Fault
from tests.support.scenarios import Scenario

PROFILE: dict[str, Any] = {"target": "keto", "healthConditions": ["diabetes"], "budget": 30000}
GOOD: dict[str, Any] = {"sessionId": "sess_test_123", "profile": PROFILE}

SCENARIOS = [
    Scenario("a profile becomes a priced recipe", GOOD, "SUCCEEDED", outcome="within_budget"),
    Scenario("a repeated start does nothing", GOOD, "SUCCEEDED", started_before=(GOOD,)),
    Scenario(
        "the same session with another profile is refused",
        {**GOOD, "profile": {**PROFILE, "budget": 20000}},
        "FAILED",
        error="SessionConflict",
        started_before=(GOOD,),
    ),
    Scenario("an input without a profile is refused", {"sessionId": "s"}, "FAILED", error="InvalidInput"),
    Scenario("an input that is no object is refused", ["keto"], "FAILED", error="InvalidInput"),
    Scenario(
        "a profile that no dish fits fails for good",
        {"profile": {**PROFILE, "budget": 1}},
        "FAILED",
        error="NoRecipeFits",
    ),
    Scenario(
        "a provider that stays unavailable fails the execution after its retries",
        GOOD,
        "FAILED",
        error="ProviderUnavailable",
        faults=tuple(Fault("FetchPrices", "ProviderUnavailable", visit) for visit in range(1, 7)),
    ),
    Scenario(
        "a Lambda that keeps dying fails the execution after two retries",
        GOOD,
        "FAILED",
        error="Runtime.ExitError",
        faults=tuple(Fault("GenerateRecipe", "Runtime.ExitError", visit) for visit in range(1, 4)),
    ),
]
