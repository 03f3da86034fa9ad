"""The rules every dish must keep to, whoever proposed it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar, get_args

from ai_chef.allergens import avoided_for, holding
from ai_chef.diets import TARGETS, Diet, diet_for
from ai_chef.models import Level, Profile, Recipe
from ai_chef.prices import estimated_cost
from ai_chef.words import UnknownWord
from core.errors import InvalidInput

T = TypeVar("T")

LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class Needs:
    """A profile's words, understood: the diets to keep to, the target's first, and what allergies forbid."""

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
    return next(_against(recipe, diet), None) is None


def _against(recipe: Recipe, diet: Diet) -> Iterator[str]:
    for nutrient, limit in diet.at_most.items():
        if (amount := getattr(recipe.nutrition, nutrient)) > limit:
            yield f"one serving has {amount} of {nutrient}, and may have {limit}"
    for name in holding(recipe, diet.without):
        yield f"{name} must not be in it"


def broken_rules(recipe: Recipe, profile: Profile, needs: Needs) -> Iterator[tuple[str, str]]:
    """The fields of the profile that a dish does not suit, and why. The reason tells of somebody's health: a model may
    learn it, a log not.
    """
    if profile.target not in recipe.targets:
        yield "profile.target", f"it is not for {profile.target}"
    if LEVELS.index(recipe.level) > LEVELS.index(profile.cooking_level):
        yield "profile.cookingLevel", f"its level is {recipe.level}, and may be {profile.cooking_level}"
    for name in holding(recipe, needs.avoided):
        yield "profile.allergies", f"{name} must not be in it"
    for number, diet in enumerate(needs.diets):
        for reason in _against(recipe, diet):
            yield "profile.target" if number == 0 else f"profile.healthConditions.{number - 1}", reason
    if (cost := estimated_cost(recipe)) > profile.budget:
        yield "profile.budget", f"it costs {cost} KRW, and may cost {profile.budget}"


def fitting(profile: Profile, proposals: Iterable[Recipe]) -> list[Recipe]:
    """The proposed dishes that suit the target, the conditions, the allergies, the cook's level and the budget."""
    needs = needs_of(profile)
    return [recipe for recipe in proposals if next(broken_rules(recipe, profile, needs), None) is None]
