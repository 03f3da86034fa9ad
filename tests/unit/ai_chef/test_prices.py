"""What a dish costs, when all, some or none of its ingredients are on sale."""

from collections.abc import Iterable, Mapping
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_chef.combine import combine, outcome_of
from ai_chef.errors import NothingPriced
from ai_chef.models import Offer, Recipe, RecipeIngredient
from ai_chef.prices import CatalogPrices, estimated_cost, price
from ai_chef.recipes import CatalogRecipes
from tests.unit.ai_chef.profiles import deterministic, profile

servings = st.integers(1, 20)
positions = st.integers(0, len(CatalogRecipes().propose(profile())) - 1)


def dish(name: str, servings: int = 2) -> Recipe:
    proposals = CatalogRecipes().propose(profile(servings=servings))
    return next(recipe for recipe in proposals if recipe.name == name)


class Shops:
    """A provider of just these offers."""

    def __init__(self, offers: Mapping[str, list[Offer]]) -> None:
        self.offers = offers

    def find_offers(self, ingredients: Iterable[RecipeIngredient]) -> Mapping[str, list[Offer]]:
        return {item.name: self.offers.get(item.name, []) for item in ingredients}


def offer(shop: str, pack_size: int, pack_price: int) -> Offer:
    return Offer(product="p", shop=shop, pack_size=pack_size, pack_price=pack_price)


@deterministic
@given(positions, servings)
def test_the_estimate_a_dish_was_chosen_by_is_its_priced_total(position: int, servings: int) -> None:
    recipe = CatalogRecipes().propose(profile(servings=servings))[position]
    assert estimated_cost(recipe) == sum(item.price for item in price(recipe, CatalogPrices()).prices)


@deterministic
@given(positions, servings)
def test_every_ingredient_is_priced_or_named_as_unpriced(position: int, servings: int) -> None:
    recipe = CatalogRecipes().propose(profile(servings=servings))[position]
    pricing = price(recipe, CatalogPrices())
    names = [item.name for item in pricing.prices] + pricing.unpriced
    assert sorted(names) == sorted(item.name for item in recipe.ingredients)


@deterministic
@given(positions, servings)
def test_amounts_and_only_they_scale_with_servings(position: int, servings: int) -> None:
    one = CatalogRecipes().propose(profile(servings=1))[position]
    many = CatalogRecipes().propose(profile(servings=servings))[position]
    assert [item.amount for item in many.ingredients] == [item.amount * servings for item in one.ingredients]
    assert many.nutrition == one.nutrition


@deterministic
@given(st.integers(1, 10**5), st.integers(1, 10**5), st.integers(0, 10**6))
def test_a_price_is_that_of_the_amount_rounded_up_to_the_won(amount: int, size: int, pack_price: int) -> None:
    tofu = RecipeIngredient(name="tofu", name_ko="두부", amount=amount, unit="g")
    recipe = dish("Potato pancakes").model_copy(update={"ingredients": [tofu]})
    [priced] = price(recipe, Shops({"tofu": [offer("A", size, pack_price)]})).prices
    assert 0 <= priced.price * size - amount * pack_price < size


def test_the_cheapest_offers_by_unit_come_first_and_at_most_three() -> None:
    offers = [offer("A", 100, 900), offer("B", 1000, 5000), offer("C", 10, 100), offer("D", 500, 3000)]
    pricing = price(dish("Potato pancakes"), Shops({"potato": offers}))
    [potato] = pricing.prices
    assert potato.shop == "B"
    assert potato.price == 340 * 5
    assert [found.shop for found in potato.offers] == ["B", "D", "A"]


def test_water_is_free() -> None:
    pricing = price(dish("Chicken rice porridge"), CatalogPrices())
    assert [item.price for item in pricing.prices if item.name == "water"] == [0]


def test_a_missing_price_is_named_and_makes_the_total_partial() -> None:
    recipe = dish("Gondre thistle rice")
    result = combine(profile(), recipe, price(recipe, CatalogPrices()))
    assert result.unpriced == ["dried gondre thistle"]
    assert result.total_is_partial
    assert result.total_cost == sum(item.price for item in result.pricing) > 0
    assert outcome_of(result) == "partly_priced"


def test_names_in_the_result_are_english_strings_with_the_korean_ones_beside_them() -> None:
    recipe = dish("Gondre thistle rice")
    result = combine(profile(), recipe, price(recipe, CatalogPrices())).model_dump(mode="json", by_alias=True)
    named = [result["recipe"], *result["recipe"]["ingredients"], *result["pricing"]]
    korean = {each["name"]: each["nameKo"] for each in named}
    assert korean["Gondre thistle rice"] == "곤드레밥"
    assert korean["rice"] == "쌀"
    assert result["unpriced"] == ["dried gondre thistle"]


def test_no_price_at_all_is_an_error_that_names_the_dish_and_what_it_takes() -> None:
    with pytest.raises(NothingPriced, match=r"닭죽 \(Chicken rice porridge\): 쌀 \(rice\)"):
        price(dish("Chicken rice porridge"), Shops({}))


@pytest.mark.parametrize(("budget", "within", "outcome"), [(1, False, "over_budget"), (10**6, True, "within_budget")])
def test_a_total_is_held_against_the_budget(budget: int, within: bool, outcome: str) -> None:
    recipe = dish("Chicken rice porridge", servings=3)
    result = combine(profile(budget=budget), recipe, price(recipe, CatalogPrices()))
    assert result.within_budget is within
    assert outcome_of(result) == outcome
    assert result.cost_per_serving == ceil(result.total_cost / 3)


def test_a_partial_total_beyond_the_budget_is_over_budget() -> None:
    recipe = dish("Gondre thistle rice")
    assert outcome_of(combine(profile(budget=1), recipe, price(recipe, CatalogPrices()))) == "over_budget"


def test_a_total_of_exactly_the_budget_is_within_it() -> None:
    recipe = dish("Chicken rice porridge")
    exact = estimated_cost(recipe)
    assert combine(profile(budget=exact), recipe, price(recipe, CatalogPrices())).within_budget
