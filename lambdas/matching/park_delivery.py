"""ParkDelivery: keeps a result that could not be delivered, until somebody has it sent again."""

from core.deliveries import Delivery
from core.delivering import parking_step
from core.step import Session
from matching.message import delivery
from matching.models import DeliverRequest


@parking_step
def handler(request: DeliverRequest, session: Session) -> Delivery:
    """Put the result on the dead-letter queue."""
    return delivery(request)
