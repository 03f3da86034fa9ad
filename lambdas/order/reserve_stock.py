"""ReserveStock: takes the order's items from the stock, all or none."""

from pydantic import Field

from core.settings import StepSettings, load
from core.step import Session, step
from order.models import Order, Reservation
from order.orders import Orders


class Settings(StepSettings):
    orders_table: str = Field(min_length=1)
    inventory_table: str = Field(min_length=1)


@step(phase="reserving_stock", done="stock_reserved", progress=(10, 30))
def handler(request: Order, session: Session) -> Reservation:
    """Reserve everything, or say what is missing. Raises OrderConflict, OrderReleased (final), StockBusy (retried)."""
    settings = load(Settings)
    missing = Orders(settings.orders_table, settings.inventory_table).reserve(session.session_id, request)
    return Reservation(reserved=not missing, missing=missing)
