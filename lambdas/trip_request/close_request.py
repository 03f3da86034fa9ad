"""CloseRequest: tells both sides how the request ended, and ends the session."""

from core.notifications import notify
from core.record import Status
from core.step import End, Session, last_step
from trip_request.models import ClosedRequest, CloseOrder
from trip_request.requests import closed
from trip_request.telling import ending

_STATUS = {"cancelled": Status.CANCELLED, "expired": Status.EXPIRED}


@last_step(phase="closing_request", progress=90)
def handler(request: CloseOrder, session: Session) -> End[ClosedRequest]:
    """Tell owner and requester, once each."""
    outcome, result = closed(request)
    for side, member in (("owner", request.owner_id), ("requester", request.requester_id)):
        told = ending(outcome, result, session.session_id, member)
        notify(told, deduplication_id=f"{session.session_id}-{side}")
    return End(result=result, outcome=outcome, status=_STATUS.get(outcome, Status.COMPLETED))
