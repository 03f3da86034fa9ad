"""Compensates an order whose session failed or was cancelled: whatever it had taken is given back."""

from pydantic import Field

from core import settings
from core.compensation import EndedSession, compensation
from order.orders import Orders
from order.providers import PROVIDERS, ProviderName
from order.settlement import settle


class Settings(settings.Settings):
    orders_table: str = Field(min_length=1)
    inventory_table: str = Field(min_length=1)
    payment_provider: ProviderName


@compensation(after="ReserveStock")
def handler(ended: EndedSession) -> None:
    """Take the money back and release the stock, unless the order is confirmed. Raises NotYet while it may still be
    being charged, VoidRefused (final).
    """
    stage = settings.load(Settings)
    orders = Orders(stage.orders_table, stage.inventory_table)
    settle(orders, PROVIDERS[stage.payment_provider], ended.session_id)
