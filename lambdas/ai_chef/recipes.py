"""Where dishes come from: the port, and the embedded catalog behind it."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from ai_chef.catalog import read
from ai_chef.ingredients import known, nutrition_of
from ai_chef.models import Profile, Recipe, RecipeIngredient


class RecipeProvider(Protocol):
    """Proposes dishes. Which of them fit the profile is for `ai_chef.rules` to say, whoever proposes."""

    def propose(self, profile: Profile) -> list[Recipe]:
        """Dishes for the profile's servings that may suit it; others do no harm.

        Raises core.errors.ProviderUnavailable when an outside service fails, and NoRecipeFits when it has no dish.
        """
        ...


class CatalogRecipes:
    """Proposes every dish of `data/recipes.json`, where amounts are for one serving."""

    def propose(self, profile: Profile) -> list[Recipe]:
        return _dishes(profile.servings)


def dish_ingredients(serving: Mapping[str, int], servings: int) -> list[RecipeIngredient]:
    """What a dish takes for all servings, of its amounts for one. KeyError for an ingredient that is not known."""
    return [
        RecipeIngredient(name=name, name_ko=known()[name].name_ko, amount=amount * servings, unit=known()[name].unit)
        for name, amount in serving.items()
    ]


@cache
def _rows() -> Any:
    return read("recipes")


@cache
def _dishes(servings: int) -> list[Recipe]:
    return [_recipe(row, servings) for row in _rows()]


def _recipe(row: Any, servings: int) -> Recipe:
    amounts: dict[str, int] = row["ingredients"]
    return Recipe(
        name=row["en"],
        name_ko=row["ko"],
        targets=row["targets"],
        servings=servings,
        ingredients=dish_ingredients(amounts, servings),
        steps=row["steps"],
        minutes=row["minutes"],
        level=row["level"],
        nutrition=nutrition_of(amounts),
    )
