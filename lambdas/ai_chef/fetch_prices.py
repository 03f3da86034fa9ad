"""FetchPrices: prices the dish's ingredients."""

from typing import Literal

from ai_chef.models import PriceRequest, Pricing
from ai_chef.prices import PROVIDERS, price
from core.settings import StepSettings, load
from core.step import Session, step


class Settings(StepSettings):
    price_provider: Literal["catalog"]


@step(phase="price_lookup", done="price_completed", progress=(60, 80))
def handler(request: PriceRequest, session: Session) -> Pricing:
    """Find the cheapest offers. Raises NothingPriced (final), ProviderUnavailable (retried)."""
    return price(request.recipe, PROVIDERS[load(Settings).price_provider])
