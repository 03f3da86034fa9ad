"""The ingredients known here: what they contain, and what is in 100 g of them.

Nutrition is rounded from the tables of USDA FoodData Central (https://fdc.nal.usda.gov) and the Korean Food
Composition Database (https://koreanfood.rda.go.kr); for processed food it is what such products usually declare.
What processed food contains follows the labels of common Korean products.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ai_chef.catalog import read
from ai_chef.models import Nutrition, Unit
from ai_chef.words import key, look_up


@dataclass(frozen=True, slots=True)
class Ingredient:
    """words: further names. grams: the weight of one unit. contains: allergens and other ingredients in it."""

    name: str
    name_ko: str
    words: list[str]
    unit: Unit
    grams: float
    contains: list[str]
    per_100g: dict[str, float]


@cache
def known() -> dict[str, Ingredient]:
    """Every ingredient by its name."""
    return {
        row["en"]: Ingredient(
            row["en"],
            row["ko"],
            row["words"],
            row["unit"],
            row["grams"],
            row["contains"],
            row["per100g"],
        )
        for row in read("ingredients")
    }


@cache
def _by_word() -> dict[str, Ingredient]:
    return {
        key(word): ingredient
        for ingredient in known().values()
        for word in (ingredient.name, ingredient.name_ko, *ingredient.words)
    }


def find(word: str) -> Ingredient | None:
    """The ingredient a word names, in Korean or English."""
    return look_up(_by_word(), word)


def nutrition_of(serving: Mapping[str, float]) -> Nutrition:
    """Nutrition of one serving, from its amounts by ingredient (its name, its unit); cooking loses nothing.

    KeyError for an ingredient that is not known.
    """
    totals: dict[str, float] = defaultdict(float)
    for name, amount in serving.items():
        ingredient = known()[name]
        hundreds = amount * ingredient.grams / 100
        for nutrient, per_100g in ingredient.per_100g.items():
            totals[nutrient] += per_100g * hundreds
    return Nutrition.model_validate({nutrient: int(total + 0.5) for nutrient, total in totals.items()})
