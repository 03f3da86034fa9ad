"""ChargePayment: takes the customer's money, once."""

from pydantic import Field

from core.settings import StepSettings, load
from core.step import Session, step
from order.models import Order, Payment
from order.orders import Orders
from order.payments import charge
from order.providers import PROVIDERS, ProviderName


class Settings(StepSettings):
    """charge_seconds: this Lambda's timeout, the longest that a delivery can live."""

    orders_table: str = Field(min_length=1)
    payment_provider: ProviderName
    charge_seconds: int = Field(gt=0)


@step(phase="charging_payment", done="payment_charged", progress=(60, 80))
def handler(request: Order, session: Session) -> Payment:
    """Charge the order once. Raises PaymentDeclined, PaymentRefused, OrderReleased (final), PaymentUnavailable
    (retried).
    """
    settings = load(Settings)
    provider = PROVIDERS[settings.payment_provider]()
    key = f"{session.session_id}/{session.step_key}"
    orders = Orders(settings.orders_table)
    return charge(orders, provider, session.session_id, request, key, settings.charge_seconds)
