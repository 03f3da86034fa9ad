"""The four Lambdas, one after another as the state machine calls them."""

import json
from typing import Any

import pytest

from ai_chef import combine_results, fetch_prices, generate_recipe, orchestrate_session
from ai_chef.errors import NoRecipeFits
from ai_chef.models import PricedRecipe
from core.errors import InvalidInput
from tests.support.tables import record_of

pytestmark = pytest.mark.usefixtures("tables")


def event(payload: Any) -> Any:
    execution = {
        "id": "arn:aws:states:us-east-1:123456789012:execution:ai-chef-test:run",
        "name": "run",
        "startTime": "2026-01-01T00:00:00Z",
    }
    return {"execution": execution, "input": payload}


def profile(**fields: Any) -> dict[str, Any]:
    return {"target": "keto", "healthConditions": ["diabetes"], "budget": 30000} | fields


def test_a_profile_becomes_a_priced_recipe() -> None:
    accepted = orchestrate_session.handler(event({"sessionId": "s1", "profile": profile()}), None)["input"]
    session = {"sessionId": "s1", **accepted}
    recipe = generate_recipe.handler(event(session), None)
    pricing = fetch_prices.handler(event({"sessionId": "s1", "recipe": recipe}), None)
    ending = combine_results.handler(event({**session, "recipe": recipe, "pricing": pricing}), None)

    result = PricedRecipe.model_validate(ending["result"])
    assert ending["outcome"] == "within_budget"
    assert "keto" in result.recipe.targets
    assert len(json.dumps(ending["result"], ensure_ascii=False).encode()) < 32_000
    assert record_of("s1")["status"] == "completed"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"budget": -1}, ["profile.budget"]),
        (
            {"allergies": ["milk", "unobtainium"], "healthConditions": ["xyz"]},
            ["profile.healthConditions.0", "profile.allergies.1"],
        ),
    ],
)
def test_a_profile_that_cannot_be_understood_is_refused_at_once(fields: Any, named: list[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        orchestrate_session.handler(event({"sessionId": "s2", "profile": profile(**fields)}), None)
    assert [field for field, _ in refusal.value.problems] == named
    assert "unobtainium" not in str(refusal.value)


def test_a_profile_that_nothing_fits_ends_with_the_dish_s_step() -> None:
    accepted = orchestrate_session.handler(event({"sessionId": "s3", "profile": profile(budget=1)}), None)["input"]
    with pytest.raises(NoRecipeFits):
        generate_recipe.handler(event({"sessionId": "s3", **accepted}), None)
