"""The rules every dish must keep to, whoever proposed it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from ai_chef.allergens import avoided_for, is_free_of
from ai_chef.diets import TARGETS, Diet, diet_for
from ai_chef.models import Level, Profile, Recipe
from ai_chef.prices import estimated_cost

LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class Needs:
    """A profile's words, understood: the diets to keep to, and what allergies forbid."""

    diets: list[Diet]
    avoided: frozenset[str]


def needs_of(profile: Profile) -> Needs:
    """Raises UnknownAllergy or UnknownCondition when a word cannot be understood."""
    return Needs(
        [TARGETS[profile.target], *(diet_for(condition) for condition in profile.health_conditions)],
        frozenset().union(*(avoided_for(allergy) for allergy in profile.allergies)),
    )


def keeps_to(recipe: Recipe, diet: Diet) -> bool:
    """Whether one serving stays within the diet's limits, and the dish is free of what the diet forbids."""
    return all(getattr(recipe.nutrition, nutrient) <= limit for nutrient, limit in diet.at_most.items()) and is_free_of(
        recipe, diet.without
    )


def fitting(profile: Profile, proposals: Iterable[Recipe]) -> list[Recipe]:
    """The proposed dishes that suit the target, the conditions, the allergies, the cook's level and the budget."""
    needs = needs_of(profile)
    return [
        recipe
        for recipe in proposals
        if profile.target in recipe.targets
        and LEVELS.index(recipe.level) <= LEVELS.index(profile.cooking_level)
        and is_free_of(recipe, needs.avoided)
        and all(keeps_to(recipe, diet) for diet in needs.diets)
        and estimated_cost(recipe) <= profile.budget
    ]
