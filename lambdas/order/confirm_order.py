"""ConfirmOrder: confirms the charged order, tells the customer, and ends the session."""

from pydantic import Field

from core.notifications import Notification, NotificationSettings, notify
from core.settings import LastStepSettings, load
from core.step import End, Session, last_step
from order.models import ConfirmedOrder, ConfirmRequest
from order.money import shown
from order.orders import Orders


class Settings(LastStepSettings, NotificationSettings):
    orders_table: str = Field(min_length=1)


@last_step(phase="confirming_order", progress=90)
def handler(request: ConfirmRequest, session: Session) -> End[ConfirmedOrder]:
    """Confirm the order and queue the customer's notification. Raises OrderReleased (final)."""
    Orders(load(Settings).orders_table).confirm(session.session_id)
    notify(_notification(request, session), deduplication_id=f"{session.session_id}-confirmed")
    result = ConfirmedOrder(
        order_id=request.order_id, total=request.total, currency=request.currency, payment=request.payment
    )
    return End(result=result, outcome="confirmed")


def _notification(order: ConfirmRequest, session: Session) -> Notification:
    return Notification(
        audience="customers",
        recipient=order.customer_id,
        workflow="order",
        session_id=session.session_id,
        subject=f"Order {order.order_id} is confirmed",
        text=f"Your order {order.order_id} over {shown(order.total, order.currency)} is paid and confirmed.",
    )
