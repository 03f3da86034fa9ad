"""Dishes that a language model proposes. What is in them, what they cost and whom they suit, it does not say: our own
tables do, and its dish keeps to the rules of every dish.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator

from pydantic import Field
from pydantic.alias_generators import to_camel

from ai_chef.allergens import contents, foods_in
from ai_chef.errors import NoRecipeFits
from ai_chef.ingredients import known, nutrition_of
from ai_chef.models import Level, Profile, Recipe
from ai_chef.prices import estimated_price
from ai_chef.recipes import dish_ingredients
from ai_chef.rules import LEVELS, Needs, broken_rules, needs_of
from ai_chef.words import forms, key
from core.errors import ModelAnswerInvalid
from core.llm import language_model
from core.models import Model

_INSTRUCTIONS = """You are a Korean home cook. Propose one dish that keeps to all of these needs.
- Take ingredients from the list alone, under their names there. `amount` is what one serving takes, in whole units of
  the list.
- One serving keeps to `perServingAtMost`; the list tells what one unit of each ingredient adds to it, and what it costs
  in KRW. All servings together keep to `budget`.
- `steps` and `name` are in English, `nameKo` is the dish's Korean name. `name` and `steps` name no food but the dish's
  own ingredients, by their names. `nameKo` names none that is not in the list. None of them says what is left out.
The list:"""


class Portion(Model):
    """An ingredient of the list, and how much of it one serving takes."""

    name: str
    amount: int = Field(gt=0, le=10_000)


class Dish(Model):
    """A dish, for one serving. minutes: from the first step to the table."""

    name: str = Field(min_length=1, max_length=100)
    name_ko: str = Field(min_length=1, max_length=100)
    level: Level
    minutes: int = Field(gt=0, le=600)
    ingredients: list[Portion] = Field(min_length=1, max_length=30)
    steps: list[str] = Field(min_length=1, max_length=30)


class _RuleBroken(ValueError):
    """A dish that breaks rules: fields of the profile or the dish, and why."""

    def __init__(self, broken: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(reason for _, reason in broken))
        self.fields = dict.fromkeys(field for field, _ in broken)


class LlmRecipes:
    """A RecipeProvider. It is told what a dish must keep to, and nothing of what people wrote."""

    def propose(self, profile: Profile) -> list[Recipe]:
        """One dish. Raises NoRecipeFits when the model insists on one that breaks a rule."""
        needs = needs_of(profile)

        def check(dish: Dish) -> None:
            broken = _strange(dish) or [*broken_rules(_recipe(dish, profile), profile, needs), *_spoken(dish, needs)]
            if broken:
                raise _RuleBroken(broken)

        instructions = f"{_INSTRUCTIONS}\n{_list(needs)}"
        try:
            dish = language_model().answer(Dish, instructions, _wanted(profile, needs), check=check)
        except ModelAnswerInvalid as error:
            if not isinstance(error.__cause__, _RuleBroken):
                raise
            raise NoRecipeFits(
                "The model found no dish that fits this profile: it insists on one that breaks "
                f"{', '.join(error.__cause__.fields)}. Start again in a new session, or relax these"
            ) from None
        return [_recipe(dish, profile)]


def _limits(needs: Needs) -> dict[str, int]:
    """The lowest limit of each nutrient that is limited."""
    limits: dict[str, int] = {}
    for diet in needs.diets:
        limits |= {nutrient: min(limit, limits.get(nutrient, limit)) for nutrient, limit in diet.at_most.items()}
    return limits


def _wanted(profile: Profile, needs: Needs) -> str:
    wanted = {
        "for": profile.target,
        "servings": profile.servings,
        "budget": profile.budget,
        "levels": LEVELS[: LEVELS.index(profile.cooking_level) + 1],
        "perServingAtMost": _limits(needs),
    }
    return json.dumps(wanted)


def _list(needs: Needs) -> str:
    """The ingredients that may be used, a line each: name, unit, and of one unit the price and what is limited."""
    limited = list(_limits(needs))
    lines = [" | ".join(("name", "unit", "price", *limited))]
    for ingredient in known().values():
        if _avoided(needs).isdisjoint(contents(ingredient.name)):
            amounts = (ingredient.per_100g.get(to_camel(nutrient), 0) * ingredient.grams / 100 for nutrient in limited)
            figures = (f"{figure:.4g}" for figure in (estimated_price(ingredient.name), *amounts))
            lines.append(" | ".join((ingredient.name, ingredient.unit, *figures)))
    return "\n".join(lines)


def _avoided(needs: Needs) -> frozenset[str]:
    return needs.avoided.union(*(diet.without for diet in needs.diets))


def _strange(dish: Dish) -> list[tuple[str, str]]:
    """What keeps it from being one of our dishes at all."""
    strange = [
        (f"ingredients.{number}.name", f"ingredients.{number}.name is not in the list")
        for number, portion in enumerate(dish.ingredients)
        if portion.name not in known()
    ]
    if not all(_is_written_in(text, "LATIN") for text in (dish.name, *dish.steps)):
        strange.append(("steps", "name and steps must be in English"))
    if not _is_written_in(dish.name_ko, "HANGUL", "LATIN"):
        strange.append(("nameKo", "nameKo must be in Korean"))
    return strange


def _is_written_in(text: str, *scripts: str) -> bool:
    """Whether all its letters are of these scripts: in others our tables know no food."""
    letters = (each for each in unicodedata.normalize("NFKC", text) if each.isalpha())
    return all(unicodedata.name(letter, "").startswith(scripts) for letter in letters)


def _spoken(dish: Dish, needs: Needs) -> Iterator[tuple[str, str]]:
    """The foods that names and steps speak of though they must not be in the dish, or are nothing of it.

    The Korean name may speak of the latter: there, many words are part of others, as 가지, an eggplant, of 세 가지.
    """
    used = [known()[portion.name] for portion in dish.ingredients]
    called = [key(each.name) for each in used]
    held = frozenset({"water"}).union(*(contents(each.name) for each in used))
    avoided = _avoided(needs)
    steps = ((f"steps.{number}", step) for number, step in enumerate(dish.steps))
    for place, text in (("name", dish.name), ("nameKo", dish.name_ko), *steps):
        for word, names in foods_in(text):
            if not avoided.isdisjoint(frozenset().union(*map(contents, names))):
                yield place, f"{place} names {word}, which must not be in the dish"
            elif place != "nameKo" and held.isdisjoint(names) and not _calls(word, called):
                yield place, f"{place} names {word}, which is nothing of its ingredients"


def _calls(word: str, called: list[str]) -> bool:
    """Whether it is part of an ingredient's name: potatoes are what a sweet potato may be called."""
    return any(form in name for form in forms(key(word)) for name in called)


def _recipe(dish: Dish, profile: Profile) -> Recipe:
    serving = Counter[str]()
    for portion in dish.ingredients:
        serving[portion.name] += portion.amount
    return Recipe(
        name=dish.name,
        name_ko=dish.name_ko,
        targets=[profile.target],
        servings=profile.servings,
        ingredients=dish_ingredients(serving, profile.servings),
        steps=dish.steps,
        minutes=dish.minutes,
        level=dish.level,
        nutrition=nutrition_of(serving),
    )
