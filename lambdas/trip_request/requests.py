"""A request's way: opened, updated while its owner thinks, closed."""

from datetime import datetime
from typing import Literal

from core.clock import ahead, moment
from core.errors import InvalidInput
from core.models import validated
from trip_request.models import (
    ClosedRequest,
    CloseOrder,
    Days,
    TripRequest,
    TripRequestInput,
    TripUpdate,
    UpdateOrder,
)

Outcome = Literal["accepted", "declined", "cancelled", "expired"]

_OUTCOMES: dict[str, Outcome] = {"accept": "accepted", "decline": "declined", "cancel": "cancelled"}


def opened(raw: TripRequestInput, session_id: str, requested_at: str, seconds: int) -> TripRequest:
    """The request, which its owner may answer for so many seconds from now on."""
    return TripRequest(
        session_id=session_id,
        trip_id=raw.trip_id,
        trip_title=raw.trip_title,
        owner_id=raw.owner_id,
        requester_id=raw.requester_id,
        start_date=raw.start_date,
        end_date=raw.end_date,
        message=raw.message,
        requested_at=requested_at,
        expires_at=ahead(seconds),
        seconds=seconds,
    )


def updated(order: UpdateOrder) -> TripRequest:
    """The request as the signal changes it, until the same time as before. One whose days would make no trip stays as
    it was, and says why in `refused`.
    """
    request, refused = order.model_dump(by_alias=True), None
    try:
        update = validated(TripUpdate, order.decision.payload, sent_at=order.decision.at)
        changed = request | update.model_dump(by_alias=True, exclude_none=True)
        validated(Days, changed)
        request = changed
    except InvalidInput as error:
        refused = str(error)
    left = int((datetime.fromisoformat(order.expires_at) - moment()).total_seconds())
    news = {"seconds": max(left, 1), "updates": order.updates + 1, "refused": refused}
    return TripRequest.model_validate(request | news)


def closed(order: CloseOrder) -> tuple[Outcome, ClosedRequest]:
    """How the request ends, in a word and in full."""
    decision = order.decision
    outcome: Outcome = "expired" if decision is None else _OUTCOMES[decision.action]
    result = ClosedRequest.model_validate(order.model_dump())
    if decision is not None:
        result.comment = decision.comment
        if outcome != "cancelled":
            result.responded_at, result.responded_by = decision.at, decision.by
    return outcome, result
