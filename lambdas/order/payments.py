"""What a charge costs nobody twice: the port to payment services, and charging an order through it."""

from typing import Protocol

from order.errors import OrderReleased, PaymentDeclined
from order.models import Order, Payment
from order.orders import Orders


class PaymentProvider(Protocol):
    """A payment service. Each charge has a key, and the first final answer to a key (charged, declined, voided) stands.

    Every method raises PaymentUnavailable when it is not known whether the service did its work: repeat it with the
    same key; PaymentRefused when the service does not take the request.
    """

    def charge(self, key: str, amount: int, currency: str, customer: str) -> Payment:
        """Charges once, however often it is called with the key; amount in minor units.

        Raises PaymentDeclined when the customer's means say no, or the key was voided.
        """
        ...

    def find(self, key: str) -> Payment | None:
        """The charge that was made with the key and stands, or None."""
        ...

    def void(self, key: str) -> None:
        """Takes the charge of the key back. Where there is none, there will be none: the key is voided all the same.

        Repeating it changes nothing. Raises VoidRefused when the service keeps the charge.
        """
        ...


def charge(orders: Orders, provider: PaymentProvider, session_id: str, order: Order, key: str, seconds: int) -> Payment:
    """Charges an order once. `seconds`: the longest that this delivery can live.

    Raises PaymentDeclined, OrderReleased (final), PaymentUnavailable (the order stays `charging`: repeat it).
    """
    before = orders.claim_charge(session_id, key, seconds)
    if before is not None:
        return before
    try:
        payment = _charged(provider, order, key)
    except PaymentDeclined as error:
        orders.declined(session_id, str(error))
        raise
    if not orders.charged(session_id, payment):
        provider.void(key)
        raise OrderReleased(f"the order of session {session_id} was given up while it was charged; the charge is void")
    return payment


def _charged(provider: PaymentProvider, order: Order, key: str) -> Payment:
    if order.total == 0:  # no payment service charges nothing
        return Payment(charge_id="free-of-charge", amount=0, currency=order.currency)
    return provider.charge(key, order.total, order.currency, order.customer_id)
