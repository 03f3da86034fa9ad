"""What the ingredients of a dish cost: the port to shops, the embedded catalog behind it, and the sums.

Money is whole KRW. A price is for the amount the dish uses, not for the packs one would buy, and is rounded up to
the won for each ingredient; sums of prices are therefore exact.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Protocol

from ai_chef.catalog import read
from ai_chef.errors import NothingPriced
from ai_chef.models import IngredientPrice, Offer, Pricing, Recipe, RecipeIngredient

MOST_OFFERS = 3
TAP_WATER = Offer(product="수돗물 (tap water)", shop="home", pack_size=1, pack_price=0)


class PriceProvider(Protocol):
    """Finds offers in shops. What an ingredient costs by them is for this module to say, whoever finds them."""

    def find_offers(self, ingredients: Iterable[RecipeIngredient]) -> Mapping[str, list[Offer]]:
        """Offers for each ingredient by its name, pack sizes in its unit; none where no shop sells it.

        Raises core.errors.ProviderUnavailable when an outside service fails, PriceSearchRefused when it refuses.
        """
        ...


class CatalogPrices:
    """Finds offers in `data/products.json`: plausible shelf prices of Korean groceries, no quotations."""

    def find_offers(self, ingredients: Iterable[RecipeIngredient]) -> Mapping[str, list[Offer]]:
        return {item.name: _catalog_offers(item.name) for item in ingredients}


def price(recipe: Recipe, provider: PriceProvider) -> Pricing:
    """Prices each ingredient by its cheapest offer; water is free.

    Raises NothingPriced when no ingredient but water has an offer.
    """
    bought = [item for item in recipe.ingredients if not _is_free(item)]
    offers = provider.find_offers(bought)
    if not any(offers.get(item.name) for item in bought):
        names = ", ".join(f"{item.name_ko} ({item.name})" for item in bought)
        raise NothingPriced(f"No shop offers any ingredient of {recipe.name_ko} ({recipe.name}): {names}")
    priced = {
        item.name: _priced(item, found)
        for item in recipe.ingredients
        if (found := [TAP_WATER] if _is_free(item) else offers.get(item.name))
    }
    unpriced = [item.name for item in bought if item.name not in priced]
    return Pricing(prices=list(priced.values()), unpriced=unpriced)


def estimated_cost(recipe: Recipe) -> int:
    """What the dish costs by the embedded catalog, KRW, before any shop is asked; what is not in it counts nothing."""
    return sum(
        min(_cost(item.amount, offer) for offer in offers)
        for item in recipe.ingredients
        if not _is_free(item) and (offers := _catalog_offers(item.name))
    )


def estimated_price(ingredient: str) -> float:
    """What one unit costs by the embedded catalog, KRW; nothing where it is not in it."""
    return min((offer.pack_price / offer.pack_size for offer in _catalog_offers(ingredient)), default=0.0)


def per_serving(total: int, servings: int) -> int:
    """A total's share per serving, rounded up to the won."""
    return -(-total // servings)


def _priced(item: RecipeIngredient, offers: list[Offer]) -> IngredientPrice:
    cheapest = sorted(offers, key=lambda offer: offer.pack_price / offer.pack_size)[:MOST_OFFERS]
    return IngredientPrice(
        name=item.name,
        name_ko=item.name_ko,
        price=_cost(item.amount, cheapest[0]),
        shop=cheapest[0].shop,
        offers=cheapest,
    )


def _cost(amount: int, offer: Offer) -> int:
    """The price of an amount at an offer's unit price, rounded up to the won."""
    return -(-amount * offer.pack_price // offer.pack_size)


def _is_free(item: RecipeIngredient) -> bool:
    return item.name == "water"


@cache
def _products() -> Any:
    return read("products")


@cache
def _catalog_offers(ingredient: str) -> list[Offer]:
    return [Offer.model_validate(row) for row in _products().get(ingredient, ())]
