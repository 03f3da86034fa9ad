"""What ai-chef is sent, what its steps hand on, and its result. Money is whole KRW.

A `name` is the English one, which is the key in the catalogs; `name_ko` is the same in Korean.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.models import Input, Model, WorkflowInput

Target = Literal["general", "keto", "diabetes", "vegan", "baby_food"]
Level = Literal["beginner", "intermediate", "advanced"]
Unit = Literal["g", "ml", "piece"]

ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Words = Annotated[list[ShortText], Field(max_length=20)]
Won = Annotated[int, Field(ge=0)]


class Profile(Input):
    """Whom to cook for.

    health_conditions, allergies: in Korean or English, e.g. 당뇨 or diabetes, 우유 or dairy.
    cooking_level: the cook's; harder dishes do not fit.
    budget: KRW for the whole dish, by the amounts it uses.
    """

    target: Target
    # Pydantic copies a default for each model. Given `default_factory=list` it would look up list's signature first,
    # which takes Python 3.11 up to 3 ms of a cold start (3.12 and later 0.2 ms).
    health_conditions: Words = Field(default=[])
    allergies: Words = Field(default=[])
    cooking_level: Level = "beginner"
    budget: int = Field(gt=0, le=10_000_000)
    servings: int = Field(default=2, gt=0, le=20)


class AiChefInput(WorkflowInput):
    """The workflow's input."""

    profile: Profile


class RecipeIngredient(Model):
    """An ingredient and how much of it the whole dish takes, in whole units."""

    name: str
    name_ko: str
    amount: int = Field(gt=0)
    unit: Unit


class Nutrition(Model):
    """Of one serving, rounded half up to whole units: grams, but sodium and potassium in milligrams."""

    kcal: int
    protein: int
    fat: int
    saturated_fat: int
    carbohydrate: int
    sugar: int
    fibre: int
    sodium: int
    potassium: int


class Recipe(Model):
    """A dish. Ingredients are for all servings, nutrition is for one; `targets` says whom it is meant for."""

    name: str
    name_ko: str
    targets: list[Target]
    servings: int = Field(gt=0)
    ingredients: list[RecipeIngredient] = Field(min_length=1)
    steps: list[str] = Field(min_length=1)
    minutes: int = Field(gt=0)
    level: Level
    nutrition: Nutrition


class Offer(Model):
    """A pack in a shop. Its size is in the ingredient's unit."""

    product: str
    shop: str
    pack_size: int = Field(gt=0)
    pack_price: Won


class IngredientPrice(Model):
    """What the dish's amount of an ingredient costs at the cheapest shop, and the cheapest offers, that one first."""

    name: str
    name_ko: str
    price: Won
    shop: str
    offers: list[Offer] = Field(min_length=1)


class Pricing(Model):
    """Every ingredient of the dish is either priced or named as unpriced."""

    prices: list[IngredientPrice]
    unpriced: list[str]


class PricedRecipe(Model):
    """The workflow's result.

    total_cost: KRW of the amounts used, of what is priced; partial when `unpriced` names something.
    cost_per_serving: total_cost over servings, rounded up to the won.
    within_budget: total_cost is at most the profile's budget.
    """

    recipe: Recipe
    pricing: list[IngredientPrice]
    unpriced: list[str]
    total_cost: Won
    total_is_partial: bool
    cost_per_serving: Won
    within_budget: bool


class RecipeRequest(Model):
    """What GenerateRecipe is given; OrchestrateSession's output."""

    profile: Profile


class PriceRequest(Model):
    """What FetchPrices is given."""

    recipe: Recipe


class CombineRequest(Model):
    """What CombineResults is given."""

    profile: Profile
    recipe: Recipe
    pricing: Pricing
