"""The dish that is chosen fits the whole profile; where none does, the error says what to relax."""

import re

import pytest
from hypothesis import given

from ai_chef.choice import choose
from ai_chef.diets import TARGETS, diet_for
from ai_chef.errors import NoRecipeFits
from ai_chef.models import Profile, Recipe, Target
from ai_chef.prices import CatalogPrices, estimated_cost, price
from ai_chef.recipes import CatalogRecipes
from ai_chef.rules import LEVELS, keeps_to
from tests.unit.ai_chef.labels import CONTAINING
from tests.unit.ai_chef.profiles import deterministic, profile, profiles

CATALOG = CatalogRecipes()


def cook(asked: Profile) -> Recipe:
    return choose(asked, CATALOG.propose(asked))


def assert_fits(dish: Recipe, asked: Profile) -> None:
    used = {ingredient.name for ingredient in dish.ingredients}
    assert asked.target in dish.targets
    assert dish.servings == asked.servings
    assert [allergen for allergen in asked.allergies if used & CONTAINING[allergen]] == []
    assert LEVELS.index(dish.level) <= LEVELS.index(asked.cooking_level)
    assert all(keeps_to(dish, diet_for(condition)) for condition in asked.health_conditions)
    assert keeps_to(dish, TARGETS[asked.target])
    assert sum(item.price for item in price(dish, CatalogPrices()).prices) <= asked.budget


@deterministic
@given(profiles)
def test_the_chosen_dish_fits_the_whole_profile(asked: Profile) -> None:
    try:
        dish = cook(asked)
    except NoRecipeFits:
        return
    assert_fits(dish, asked)


@deterministic
@given(profiles)
def test_the_same_profile_gets_the_same_dish(asked: Profile) -> None:
    try:
        dish = cook(asked)
    except NoRecipeFits:
        return
    assert choose(asked.model_copy(deep=True), CATALOG.propose(asked)[::-1]) == dish


@deterministic
@given(profiles)
def test_who_can_eat_and_pay_everything_finds_a_dish_for_any_target(asked: Profile) -> None:
    easy = asked.model_copy(update={"allergies": [], "health_conditions": [], "budget": 500_000})
    assert_fits(cook(easy), easy)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("allergy", CONTAINING)
def test_one_allergy_leaves_beginners_a_dish_for_every_target(target: Target, allergy: str) -> None:
    asked = profile(target=target, allergies=[allergy], cookingLevel="beginner")
    assert_fits(cook(asked), asked)


def test_different_profiles_get_different_dishes() -> None:
    assert len({cook(profile(budget=50_000 + won)).name for won in range(100)}) > 20


def test_the_sample_profile_gets_a_dish() -> None:
    asked = Profile.model_validate({"target": "keto", "healthConditions": ["diabetes"], "budget": 30000})
    assert_fits(cook(asked), asked)


@deterministic
@given(profiles)
def test_what_the_error_says_to_relax_lets_a_dish_in(asked: Profile) -> None:
    try:
        cook(asked)
    except NoRecipeFits as error:
        for changed in relaxed(asked, str(error)):
            assert_fits(cook(changed), changed)


def relaxed(asked: Profile, message: str) -> list[Profile]:
    """The profiles that a NoRecipeFits proposes, read from its message."""
    if ": " not in message or "no single change" in message:
        return []
    return [_changed(asked, change) for change in message.split("let one in: ")[1].split("; ")]


def _changed(asked: Profile, change: str) -> Profile:
    if found := re.fullmatch(r"profile\.budget of at least ([\d,]+) KRW", change):
        return asked.model_copy(update={"budget": int(found[1].replace(",", ""))})
    if found := re.fullmatch(r"profile\.(cookingLevel|target) '(\w+)'", change):
        field = {"cookingLevel": "cooking_level", "target": "target"}[found[1]]
        return asked.model_copy(update={field: found[2]})
    found = re.fullmatch(r"profile\.(allergies|healthConditions) without entry (\d+)", change)
    assert found, change
    field = {"allergies": "allergies", "healthConditions": "health_conditions"}[found[1]]
    words = getattr(asked, field)
    return asked.model_copy(update={field: [word for word in words if word != words[int(found[2])]]})


def test_a_budget_too_small_is_told_the_smallest_that_would_do() -> None:
    asked = profile(target="keto", budget=100)
    cheapest = min(estimated_cost(dish) for dish in CATALOG.propose(asked) if "keto" in dish.targets)
    with pytest.raises(NoRecipeFits, match=f"profile.budget of at least {cheapest:,} KRW"):
        cook(asked)
    enough = asked.model_copy(update={"budget": cheapest})
    assert estimated_cost(cook(enough)) == cheapest


def test_each_constraint_that_alone_stands_in_the_way_is_named() -> None:
    only = [dish for dish in CATALOG.propose(profile()) if dish.name == "Almond-crust spinach quiche"]
    for fields, hint in (
        ({"allergies": ["아몬드"]}, "profile.allergies without entry 0"),
        ({"healthConditions": ["고지혈증"]}, "profile.healthConditions without entry 0"),
        ({"cookingLevel": "beginner"}, "profile.cookingLevel 'advanced'"),
        ({"target": "vegan"}, "profile.target 'keto'"),
        ({"budget": 5000}, f"profile.budget of at least {estimated_cost(only[0]):,} KRW"),
    ):
        with pytest.raises(NoRecipeFits) as refusal:
            choose(profile(**{"target": "keto"} | fields), only)
        assert hint in str(refusal.value)


@pytest.mark.parametrize(("target", "other"), [("baby_food", "general"), ("general", "baby_food")])
def test_nobody_is_advised_to_change_between_baby_food_and_another_target(target: Target, other: Target) -> None:
    asked = profile(target=target)
    only = [dish for dish in CATALOG.propose(asked) if target not in dish.targets and other in dish.targets]
    with pytest.raises(NoRecipeFits) as refusal:
        choose(asked, only)
    assert f"profile.target '{other}'" not in str(refusal.value)


def test_where_no_single_change_helps_the_error_says_so() -> None:
    asked = profile(target="keto", budget=100, allergies=["egg", "soy", "seafood", "meat"])
    only = [dish for dish in CATALOG.propose(asked) if "egg" in {item.name for item in dish.ingredients}]
    with pytest.raises(NoRecipeFits, match="no single change would let one in: relax two or more"):
        choose(asked, only)
