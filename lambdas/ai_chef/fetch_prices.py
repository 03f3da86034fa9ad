"""FetchPrices: prices the dish's ingredients."""

from ai_chef.models import PriceRequest, Pricing
from ai_chef.prices import price
from ai_chef.providers import PriceProviderName, price_provider
from core.settings import StepSettings, load
from core.step import Session, step


class Settings(StepSettings):
    price_provider: PriceProviderName


@step(phase="price_lookup", done="price_completed", progress=(60, 80))
def handler(request: PriceRequest, session: Session) -> Pricing:
    """Find the cheapest offers. Raises NothingPriced, PriceSearchRefused (final), ProviderUnavailable (retried)."""
    return price(request.recipe, price_provider(load(Settings).price_provider))
