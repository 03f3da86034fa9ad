"""The result of ai-chef, as a person reads a recipe."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

NUTRIENTS = {
    "kcal": "{} kcal",
    "protein": "{} g protein",
    "fat": "{} g fat",
    "carbohydrate": "{} g carbohydrate",
    "sugar": "{} g sugar",
    "fibre": "{} g fibre",
    "sodium": "{} mg sodium",
}


def print_recipe(result: Mapping[str, Any], console: Console) -> None:
    """Print the recipe with each ingredient's price, its steps, and what it costs.

    result: what the workflow stored, a `PricedRecipe` of ai_chef/models.py in camelCase.
    """
    dish = result["recipe"]
    console.print(f"[bold]{escape(_name(dish))}[/]")
    console.print(f"{dish['servings']} servings · {dish['minutes']} minutes · {dish['level']}\n")
    console.print(_ingredients(dish["ingredients"], result["pricing"]))
    console.print()
    for number, text in enumerate(dish["steps"], start=1):
        console.print(f"{number:>3}. {text}", markup=False)
    console.print(f"\nA serving has {_nutrition(dish['nutrition'])}.")
    console.print(_cost(result), markup=False)


def _name(named: Mapping[str, Any]) -> str:
    return f"{named['name']} ({named['nameKo']})"


def _ingredients(ingredients: list[Mapping[str, Any]], pricing: list[Mapping[str, Any]]) -> Table:
    prices = {price["name"]: price for price in pricing}
    table = Table("Ingredient", "Amount", "Price", "Shop", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.columns[1].justify = table.columns[2].justify = "right"
    for ingredient in ingredients:
        price = prices.get(ingredient["name"])
        table.add_row(
            escape(_name(ingredient)),
            f"{ingredient['amount']} {ingredient['unit']}",
            _won(price["price"]) if price else "?",
            escape(price["shop"]) if price else "no price found",
        )
    return table


def _nutrition(nutrition: Mapping[str, Any]) -> str:
    return ", ".join(text.format(nutrition[nutrient]) for nutrient, text in NUTRIENTS.items())


def _cost(result: Mapping[str, Any]) -> str:
    unpriced = ", ".join(_name(item) for item in result["recipe"]["ingredients"] if item["name"] in result["unpriced"])
    partial = f", without {unpriced}" if unpriced else ""
    budget = "within the budget" if result["withinBudget"] else "over the budget"
    return f"It costs {_won(result['totalCost'])}{partial}: {_won(result['costPerServing'])} a serving, {budget}."


def _won(amount: Any) -> str:
    return f"₩{amount:,.0f}"
