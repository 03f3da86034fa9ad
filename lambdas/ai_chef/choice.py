"""Choosing one dish for a profile, or saying what stands in the way."""

from collections.abc import Iterator
from hashlib import sha256
from typing import get_args

from ai_chef.errors import NoRecipeFits
from ai_chef.models import Profile, Recipe, Target
from ai_chef.prices import estimated_cost
from ai_chef.rules import LEVELS, fitting


def choose(profile: Profile, proposals: list[Recipe]) -> Recipe:
    """The same dish for the same profile; different profiles spread over the dishes that fit.

    Raises NoRecipeFits, which names each single change of the profile that would let a dish in.
    """
    recipes = fitting(profile, proposals)
    if not recipes:
        changes = "; ".join(_helpful_changes(profile, proposals))
        raise NoRecipeFits(
            f"No dish fits this profile. Any one of these would let one in: {changes}"
            if changes
            else "No dish fits this profile, and no single change would let one in: relax two or more of target, "
            "healthConditions, allergies, cookingLevel and budget"
        )
    asked = profile.model_dump_json()
    return min(recipes, key=lambda recipe: sha256(f"{asked}{recipe.name}".encode()).digest())


def _helpful_changes(profile: Profile, proposals: list[Recipe]) -> Iterator[str]:
    affordable = fitting(profile.model_copy(update={"budget": 10**12}), proposals)
    if affordable:
        yield f"profile.budget of at least {min(map(estimated_cost, affordable)):,} KRW"
    for text, changed in _changes(profile):
        if fitting(changed, proposals):
            yield text


def _changes(profile: Profile) -> Iterator[tuple[str, Profile]]:
    for level in LEVELS[LEVELS.index(profile.cooking_level) + 1 :]:
        yield f"profile.cookingLevel '{level}'", profile.model_copy(update={"cooking_level": level})
    for field, label in (("health_conditions", "healthConditions"), ("allergies", "allergies")):
        words = getattr(profile, field)
        # By its place in the list, not by the word: errors reach the logs, and this is about somebody's health.
        for number, word in enumerate(words):
            rest = [other for other in words if other != word]
            yield f"profile.{label} without entry {number}", profile.model_copy(update={field: rest})
    for target in get_args(Target):
        # Nobody is advised to feed a baby what is not for babies, or to eat baby food instead.
        if target != profile.target and "baby_food" not in (target, profile.target):
            yield f"profile.target '{target}'", profile.model_copy(update={"target": target})
