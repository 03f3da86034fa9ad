"""The rules every dish must keep to, whoever proposed it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar, get_args

from ai_chef.allergens import avoided_for, is_free_of
from ai_chef.diets import TARGETS, Diet, diet_for
from ai_chef.models import Level, Profile, Recipe
from ai_chef.prices import estimated_cost
from ai_chef.words import UnknownWord
from core.errors import InvalidInput

T = TypeVar("T")

LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class Needs:
    """A profile's words, understood: the diets to keep to, and what allergies forbid."""

    diets: list[Diet]
    avoided: frozenset[str]


def needs_of(profile: Profile) -> Needs:
    """Raises InvalidInput naming each word that cannot be understood: it must not pass for no need at all."""
    problems: list[tuple[str, str]] = []
    diets = [TARGETS[profile.target], *_understood("healthConditions", profile.health_conditions, diet_for, problems)]
    avoided = list(_understood("allergies", profile.allergies, avoided_for, problems))
    if problems:
        raise InvalidInput(problems)
    return Needs(diets, frozenset().union(*avoided))


def _understood(
    field: str, words: list[str], meaning: Callable[[str], T], problems: list[tuple[str, str]]
) -> Iterator[T]:
    for number, word in enumerate(words):
        try:
            yield meaning(word)
        except UnknownWord as unknown:
            problems.append((f"profile.{field}.{number}", str(unknown)))


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
