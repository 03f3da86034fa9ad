"""UpdateRequest: changes the request as the requester's signal says."""

from core.step import Session, step
from trip_request.models import TripRequest, UpdateOrder
from trip_request.requests import updated


@step(phase="updating_request", done="request_updated", progress=(50, 50))
def handler(request: UpdateOrder, session: Session) -> TripRequest:
    """Change days or message. What makes no trip changes nothing, and is no failure: the requester is told."""
    return updated(request)
