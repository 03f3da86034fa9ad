"""OpenRequest: accepts a request to join a trip."""

from pydantic import Field

from core import settings
from core.step import Session, first_step
from trip_request.models import TripRequest, TripRequestInput
from trip_request.requests import opened


class Settings(settings.Settings):
    """response_seconds: how long the trip's owner may take; thirty days at most."""

    response_seconds: int = Field(gt=0, le=30 * 24 * 60 * 60)


@first_step(phase="opening_request")
def handler(request: TripRequestInput, session: Session) -> TripRequest:
    """Open the request, which was made when its session was. Raises InvalidInput (final)."""
    return opened(request, session.session_id, session.began, settings.load(Settings).response_seconds)
