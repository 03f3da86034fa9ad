"""A dish and its prices, put together."""

from typing import Literal

from ai_chef.models import PricedRecipe, Pricing, Profile, Recipe
from ai_chef.prices import per_serving


def combine(profile: Profile, recipe: Recipe, pricing: Pricing) -> PricedRecipe:
    """The workflow's result; the total is of what is priced, and partial when something is not."""
    total = sum(item.price for item in pricing.prices)
    return PricedRecipe(
        recipe=recipe,
        pricing=pricing.prices,
        unpriced=pricing.unpriced,
        total_cost=total,
        total_is_partial=bool(pricing.unpriced),
        cost_per_serving=per_serving(total, recipe.servings),
        within_budget=total <= profile.budget,
    )


def outcome_of(result: PricedRecipe) -> Literal["within_budget", "over_budget", "partly_priced"]:
    """The session's outcome: what is priced already exceeds the budget, or is not all, or keeps to it."""
    if not result.within_budget:
        return "over_budget"
    return "partly_priced" if result.total_is_partial else "within_budget"
