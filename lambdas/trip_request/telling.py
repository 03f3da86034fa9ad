"""What the two sides of a request are asked and told."""

from collections.abc import Iterable

from core.notifications import Notification
from core.questions import Approval, Fact
from trip_request.models import MOST_UPDATES, ClosedRequest, Facts, TripRequest
from trip_request.requests import Outcome

_ENDINGS: dict[Outcome, str] = {
    "accepted": "The trip's owner has accepted the request.",
    "declined": "The trip's owner has declined the request.",
    "cancelled": "The requester has cancelled the request; nothing is left to decide.",
    "expired": "The request has expired: the trip's owner has not answered in time.",
}


def question(request: TripRequest) -> Approval:
    """Whether the requester may come, asked of the trip's owner; the requester is told that it is asked."""
    return Approval(
        title=f"May {request.requester_id} join {request.trip_title}?",
        asked_by=request.requester_id,
        facts=_facts(request),
        accepts=("accept", "decline"),
        signals=("update", "cancel") if request.updates < MOST_UPDATES else ("cancel",),
        approvers=(request.owner_id,),
        expires_in=request.seconds,
        notices=(_notice(request),),
    )


def ending(outcome: Outcome, result: ClosedRequest, session_id: str, recipient: str) -> Notification:
    """What one of the two sides is told at the end."""
    facts = _facts(result)
    if result.responded_at is not None:
        facts.append(Fact(label="Answered", value=result.responded_at))
    if result.comment:
        facts.append(Fact(label="Comment", value=result.comment))
    return _notification(session_id, recipient, result.trip_title, outcome, _ENDINGS[outcome], facts)


def _notice(request: TripRequest) -> Notification:
    asked = f"The trip's owner may answer until {request.expires_at}."
    if request.refused is not None:
        what, says = "unchanged", f"Your change was not made: {request.refused}. The request stays as it was."
    elif request.updates:
        what, says = "changed", "Your request was changed, and its owner has been asked again."
    else:
        what, says = "sent", "Your request was sent."
    text = f"{says} {asked}"
    return _notification(request.session_id, request.requester_id, request.trip_title, what, text, _facts(request))


def _notification(
    session_id: str, recipient: str, title: str, what: str, says: str, facts: Iterable[Fact]
) -> Notification:
    return Notification(
        audience="members",
        recipient=recipient,
        workflow="trip-request",
        session_id=session_id,
        subject=f"{title}: request {what}",
        text="\n".join([says, "", *(f"{fact.label}: {fact.value}" for fact in facts)]),
    )


def _facts(request: Facts) -> list[Fact]:
    facts = [
        Fact(label="Trip", value=request.trip_title),
        Fact(label="Owner", value=request.owner_id),
        Fact(label="Requester", value=request.requester_id),
        Fact(label="From", value=request.start_date.isoformat()),
        Fact(label="To", value=request.end_date.isoformat()),
        Fact(label="Requested", value=request.requested_at),
    ]
    return [*facts, Fact(label="Message", value=request.message)] if request.message else facts
