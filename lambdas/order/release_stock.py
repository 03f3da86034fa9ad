"""ReleaseStock: gives back what an order that is not to be had reserved, and ends the session."""

from pydantic import Field

from core.record import Status
from core.settings import LastStepSettings, load
from core.step import End, Session, last_step
from order.models import ReleasedOrder, ReleaseRequest
from order.orders import Orders
from order.settlement import release


class Settings(LastStepSettings):
    orders_table: str = Field(min_length=1)
    inventory_table: str = Field(min_length=1)


@last_step(phase="releasing_stock", progress=90)
def handler(request: ReleaseRequest, session: Session) -> End[ReleasedOrder]:
    """Release the stock. Raises OrderConflict (final), StockBusy, NotYet (retried)."""
    settings = load(Settings)
    release(Orders(settings.orders_table, settings.inventory_table), session.session_id)
    result = ReleasedOrder(
        order_id=request.order_id, total=request.total, currency=request.currency, ending=request.ending
    )
    reason = request.ending.reason
    return End(result=result, outcome=reason, status=Status.EXPIRED if reason == "expired" else Status.COMPLETED)
