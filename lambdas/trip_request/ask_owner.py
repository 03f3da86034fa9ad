"""AskOwner: asks the trip's owner, and asks anew what the requester has changed."""

from core.asking import asking_step
from core.questions import Approval
from core.step import Session
from trip_request.models import TripRequest
from trip_request.telling import question


@asking_step(phase="awaiting_owner", progress=50)
def handler(request: TripRequest, session: Session) -> Approval:
    """Ask whether the requester may come; the state waits for the owner's answer, or the requester's signal."""
    return question(request)
