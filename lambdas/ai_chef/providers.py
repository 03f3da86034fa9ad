"""Where dishes and prices come from: the providers there are. What a stage does not use, its Lambdas do not load."""

from typing import Literal

from ai_chef.prices import CatalogPrices, PriceProvider
from ai_chef.recipes import CatalogRecipes, RecipeProvider

RecipeProviderName = Literal["catalog", "llm"]
PriceProviderName = Literal["catalog", "naver"]


def recipe_provider(name: RecipeProviderName) -> RecipeProvider:
    """The one of this name."""
    if name == "catalog":
        return CatalogRecipes()
    from ai_chef.llm_recipes import LlmRecipes

    return LlmRecipes()


def price_provider(name: PriceProviderName) -> PriceProvider:
    """The one of this name."""
    if name == "catalog":
        return CatalogPrices()
    from ai_chef.naver import from_settings

    return from_settings()
