"""DeliverResult: posts the result to the caller's URL, signed."""

from core.deliveries import Delivery
from core.delivering import delivering_step
from core.step import Session
from matching.message import delivery
from matching.models import DeliverRequest


@delivering_step
def handler(request: DeliverRequest, session: Session) -> Delivery:
    """Deliver the result. Raises DeliveryRefused (final), DeliveryUnavailable (retried)."""
    return delivery(request)
