"""The embedded catalogs are whole: nothing dangles, nothing is missing, and the figures are plausible."""

from collections import Counter
from itertools import chain
from typing import get_args

import pytest
from pydantic import TypeAdapter

from ai_chef.catalog import read
from ai_chef.diets import CONDITIONS, TARGETS
from ai_chef.ingredients import known
from ai_chef.models import Nutrition, Offer, Recipe, Target, Unit
from ai_chef.prices import CatalogPrices, price
from ai_chef.recipes import CatalogRecipes
from ai_chef.rules import keeps_to
from ai_chef.words import key
from tests.unit.ai_chef.labels import ANIMAL, NUTS
from tests.unit.ai_chef.profiles import profile

DISHES = CatalogRecipes().propose(profile(servings=1))
OFFERS = TypeAdapter(dict[str, list[Offer]]).validate_python(read("products"))
UNPRICED = {"dried gondre thistle", "Korean mint", "saffron"}

each_dish = pytest.mark.parametrize("dish", DISHES, ids=lambda dish: dish.name)


def used(dish: Recipe) -> set[str]:
    return {ingredient.name for ingredient in dish.ingredients}


def test_the_catalogs_are_as_large_as_promised() -> None:
    assert len(DISHES) >= 40
    assert sum(map(len, OFFERS.values())) >= 150
    per_target = Counter(chain.from_iterable(dish.targets for dish in DISHES))
    assert all(per_target[target] >= 10 for target in get_args(Target))


def test_every_dish_has_a_name_of_its_own_in_both_languages() -> None:
    assert len({dish.name for dish in DISHES}) == len({dish.name_ko for dish in DISHES}) == len(DISHES)
    assert all(not dish.name_ko.isascii() and dish.name.isascii() for dish in DISHES)


@each_dish
def test_a_dish_can_be_cooked_from_what_it_says(dish: Recipe) -> None:
    assert len(dish.ingredients) >= 2
    assert len(dish.steps) >= 3 or dish.targets == ["baby_food"]
    assert all(step.endswith(".") for step in dish.steps)
    assert 5 <= dish.minutes <= 60
    assert len(set(dish.targets)) == len(dish.targets) > 0


@each_dish
def test_a_dish_keeps_to_every_diet_it_is_meant_for(dish: Recipe) -> None:
    for target in dish.targets:
        assert keeps_to(dish, TARGETS[target]), target


@each_dish
def test_a_dish_has_the_energy_of_a_meal(dish: Recipe) -> None:
    low, high = (40, 150) if dish.targets == ["baby_food"] else (180, 850)
    assert low <= dish.nutrition.kcal <= high


@each_dish
def test_a_dish_costs_what_such_a_dish_costs(dish: Recipe) -> None:
    cost = sum(item.price for item in price(dish, CatalogPrices()).prices)
    assert 200 <= cost <= 10_000


def test_vegan_dishes_hold_nothing_of_animals() -> None:
    assert [dish.name for dish in DISHES if "vegan" in dish.targets and used(dish) & ANIMAL] == []


def test_baby_food_holds_no_honey_nuts_sugar_or_added_salt_and_is_for_nobody_else() -> None:
    forbidden = NUTS | {"honey", "sugar", "salt", "soy sauce", "tamari", "doenjang", "gochugaru", "cooking wine"}
    for dish in DISHES:
        if "baby_food" in dish.targets:
            assert dish.targets == ["baby_food"]
            assert not used(dish) & forbidden
            assert dish.nutrition.sodium <= 123


def test_keto_dishes_are_low_in_carbohydrate_and_get_half_their_energy_from_fat() -> None:
    for dish in DISHES:
        if "keto" in dish.targets:
            assert dish.nutrition.carbohydrate <= 16
            assert dish.nutrition.fat * 9 >= dish.nutrition.kcal / 2


@pytest.mark.parametrize("name", known())
def test_an_ingredient_s_energy_is_that_of_its_nutrients(name: str) -> None:
    """By the factors of Regulation (EU) No 1169/2011, Annex XIV; labels may differ by a fifth."""
    per_100g = known()[name].per_100g
    digestible = per_100g["carbohydrate"] - per_100g["fibre"]
    energy = 4 * per_100g["protein"] + 9 * per_100g["fat"] + 4 * digestible + 2 * per_100g["fibre"]
    assert per_100g["kcal"] == pytest.approx(energy, rel=0.2, abs=12)


@pytest.mark.parametrize("name", known())
def test_an_ingredient_is_whole(name: str) -> None:
    ingredient = known()[name]
    assert ingredient.unit in get_args(Unit)
    assert ingredient.grams > 0
    assert not ingredient.name_ko.isascii()
    assert set(ingredient.per_100g) == {field.alias for field in Nutrition.model_fields.values()}
    per_100g = ingredient.per_100g
    assert per_100g["protein"] + per_100g["fat"] + per_100g["carbohydrate"] <= 101
    assert per_100g["saturatedFat"] <= per_100g["fat"]
    assert per_100g["sugar"] <= per_100g["carbohydrate"]


def test_what_an_ingredient_contains_is_known() -> None:
    allergens = {row["name"]: row["contains"] for row in read("allergens")}
    nodes = {*known(), *allergens, "animal"}
    named = {part for ingredient in known().values() for part in ingredient.contains}
    assert (named | set(chain.from_iterable(allergens.values()))) - nodes == set()


def test_an_ingredient_that_shares_its_name_with_an_allergen_is_just_that() -> None:
    for row in read("allergens"):
        ingredient = known().get(row["name"])
        assert ingredient is None or set(ingredient.contains) <= {row["name"]}


@pytest.mark.parametrize("table", ["ingredients", "allergens"])
def test_a_word_means_one_thing_in_its_table(table: str) -> None:
    rows = read(table)
    words = Counter(
        chain.from_iterable(
            {key(word) for word in (row.get("en"), row.get("ko"), row.get("name"), *row["words"]) if word}
            for row in rows
        )
    )
    assert [word for word, count in words.items() if count > 1] == []


def test_a_word_means_one_health_condition() -> None:
    words = Counter(chain.from_iterable({key(word) for word in words} for words in CONDITIONS))
    assert [word for word, count in words.items() if count > 1] == []


def test_all_that_dishes_use_is_sold_but_water_and_three_rare_things() -> None:
    every = set().union(*map(used, DISHES))
    assert every - set(OFFERS) - {"water"} == UNPRICED
    assert set(OFFERS) <= set(known())


def test_ingredients_have_several_offers_and_at_most_one_per_shop() -> None:
    for name, offers in OFFERS.items():
        assert len(offers) >= 2, name
        assert len({offer.shop for offer in offers}) == len(offers), name


def test_offers_for_the_same_ingredient_are_of_the_same_order() -> None:
    """A pack size in the wrong unit would be off by far more."""
    for name, offers in OFFERS.items():
        unit_prices = [offer.pack_price / offer.pack_size for offer in offers]
        assert max(unit_prices) <= 4 * min(unit_prices), name
