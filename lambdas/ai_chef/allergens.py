"""What a dish contains, through all its ingredients, and what people's words for their allergies tell it to avoid.

The allergens are those of the Korean labelling duty (Enforcement Rule of the Act on Labeling and Advertising of
Foods, Annex 2: egg, milk, buckwheat, peanut, soy, wheat, mackerel, crab, shrimp, pork, peach, tomato, sulphites,
walnut, chicken, beef, squid, shelled molluscs, pine nut) and of Annex II of Regulation (EU) No 1169/2011, the groups
they belong to (wheat contains gluten, a crab is a crustacean), and what else people are often allergic to.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import cache

from ai_chef.catalog import read
from ai_chef.ingredients import find, known
from ai_chef.models import Recipe
from ai_chef.words import UnknownWord, forms, key, look_up


@cache
def _allergens() -> dict[str, list[str]]:
    """Each allergen with the groups it belongs to."""
    return {row["name"]: row["contains"] for row in read("allergens")}


@cache
def _by_word() -> dict[str, str]:
    return {key(word): row["name"] for row in read("allergens") for word in (row["name"], *row["words"])}


@cache
def contents(name: str) -> frozenset[str]:
    """Everything in an ingredient or allergen, itself included: mayonnaise → mayonnaise, egg, soy, legume, animal."""
    ingredient = known().get(name)
    parts = [*_allergens().get(name, ()), *(ingredient.contains if ingredient else ())]
    return frozenset({name}).union(*(contents(part) for part in parts if part != name), parts)


@cache
def _allergens_in(name: str) -> frozenset[str]:
    """The allergens in an ingredient, without the groups they belong to: kimchi → anchovy, shrimp, chili."""
    if name in _allergens():
        return frozenset({name})
    ingredient = known().get(name)
    return frozenset().union(*(_allergens_in(part) for part in ingredient.contains)) if ingredient else frozenset()


def avoided_for(allergy: str) -> frozenset[str]:
    """What a dish must not contain for somebody with this allergy, in Korean or English.

    A word for an allergen or a group means that. The name of an ingredient means it and every allergen in it, for
    one cannot tell which of them a person means who writes `mayonnaise`.
    Raises UnknownWord for any other word: it must not pass for "no allergy".
    """
    allergen = look_up(_by_word(), allergy)
    if allergen is not None:
        return frozenset({allergen})
    ingredient = find(allergy)
    if ingredient is not None:
        return _allergens_in(ingredient.name) | {ingredient.name}
    raise UnknownWord(
        "This allergy is not known. Write one allergen or ingredient per entry, in Korean or English, and leave the "
        f"list empty when there is none. Allergens: {', '.join(_allergens())}"
    )


def is_free_of(recipe: Recipe, avoided: AbstractSet[str]) -> bool:
    """Whether nothing of what is to be avoided is in the dish. Nobody knows what is in an unknown ingredient."""
    return next(holding(recipe, avoided), None) is None


def holding(recipe: Recipe, avoided: AbstractSet[str]) -> Iterator[str]:
    """The dish's ingredients that hold what is to be avoided."""
    if avoided:
        for ingredient in recipe.ingredients:
            if ingredient.name not in known() or not avoided.isdisjoint(contents(ingredient.name)):
                yield ingredient.name


# Korean names of dishes that hold a food's word and not always the food.
_NO_FOODS = ("불고기",)


@cache
def _spoken() -> re.Pattern[str]:
    """The longest word first; Korean ones of one syllable, which are part of many others, are left out."""
    words = {word for row in read("allergens") for word in (row["name"], *row["words"])}
    words |= {word for each in known().values() for word in (each.name, each.name_ko, *each.words)}
    english = {form for word in words if word.isascii() for form in forms(word)}
    korean = {*_NO_FOODS, *(word for word in words if not word.isascii() and len(word) > 1)}
    return re.compile(rf"(?<![a-z])(?:{_any_of(english)})(?![a-z])|{_any_of(korean)}", re.IGNORECASE)


def _any_of(words: Iterable[str]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return "|".join("[ -]?".join(map(re.escape, re.split("[ -]", word))) for word in longest_first)


def foods_in(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The words of a text, English or Korean, that name allergens and ingredients, and the names of those."""
    for word in _spoken().findall(unicodedata.normalize("NFKC", text)):
        allergen, ingredient = look_up(_by_word(), word), find(word)
        if allergen or ingredient:
            yield word.lower(), frozenset(name for name in (allergen, ingredient and ingredient.name) if name)
