import io
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from ai_chef.models import IngredientPrice, Nutrition, Offer, PricedRecipe, Recipe, RecipeIngredient
from local.recipe import print_recipe

SALMON = RecipeIngredient(name="salmon", name_ko="연어", amount=400, unit="g")
SOY_SAUCE = RecipeIngredient(name="soy sauce", name_ko="간장", amount=15, unit="ml")


def price(item: RecipeIngredient, won: int, shop: str) -> IngredientPrice:
    offer = Offer(product="pack", shop=shop, pack_size=500, pack_price=won * 2)
    return IngredientPrice(name=item.name, name_ko=item.name_ko, price=won, shop=shop, offers=[offer])


@pytest.fixture
def result() -> PricedRecipe:
    nutrition = {"protein": 31, "fat": 20, "saturated_fat": 4, "carbohydrate": 9, "sugar": 3, "fibre": 2}
    return PricedRecipe(
        recipe=Recipe(
            name="Salmon [grilled]",
            name_ko="연어구이",
            targets=["keto"],
            servings=2,
            ingredients=[SALMON, SOY_SAUCE],
            steps=["Salt the salmon.", "Grill it."],
            minutes=20,
            level="beginner",
            nutrition=Nutrition(kcal=420, sodium=600, potassium=700, **nutrition),
        ),
        pricing=[price(SALMON, 19600, "Emart"), price(SOY_SAUCE, 150, "Coupang")],
        unpriced=[],
        total_cost=19750,
        total_is_partial=False,
        cost_per_serving=9875,
        within_budget=True,
    )


def printed(result: PricedRecipe) -> list[str]:
    """The lines printed of the result as DynamoDB returns it, each run of spaces as one."""
    console = Console(file=io.StringIO(), width=120)
    print_recipe(stored(result.model_dump(by_alias=True)), console)
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def stored(value: Any) -> Any:
    match value:
        case dict():
            return {key: stored(each) for key, each in value.items()}
        case list():
            return [stored(each) for each in value]
        case int() if not isinstance(value, bool):
            return Decimal(value)
    return value


def test_a_recipe_prints_its_ingredients_with_prices_its_steps_and_its_cost(result: PricedRecipe) -> None:
    lines = printed(result)

    assert "Salmon [grilled] (연어구이)" in lines
    assert "2 servings · 20 minutes · beginner" in lines
    assert "salmon (연어) 400 g ₩19,600 Emart" in lines
    assert "soy sauce (간장) 15 ml ₩150 Coupang" in lines
    assert "2. Grill it." in lines
    assert any(line.startswith("A serving has 420 kcal, 31 g protein, 20 g fat") for line in lines)
    assert "It costs ₩19,750: ₩9,875 a serving, within the budget." in lines


def test_what_could_not_be_priced_is_named(result: PricedRecipe) -> None:
    result.unpriced = [result.pricing.pop().name]
    result.within_budget = False

    lines = printed(result)

    assert "soy sauce (간장) 15 ml ? no price found" in lines
    assert "It costs ₩19,750, without soy sauce (간장): ₩9,875 a serving, over the budget." in lines
