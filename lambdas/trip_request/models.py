"""What trip-request is sent and signalled, what its steps hand on, and its result. Dates are days of the trip; both
ends are included.
"""

from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, ValidationInfo, model_validator

from core.fields import Day, Id, Line, wrong
from core.models import Input, Model, WorkflowInput, sent_at
from core.questions import Decision

LONGEST_TRIP_DAYS = 60
MOST_UPDATES = 10


def _makes_a_trip(end: date, others: ValidationInfo) -> date:
    start = others.data.get("start_date") or end
    if end < start:
        raise wrong("is before the start date")
    if (end - start).days >= LONGEST_TRIP_DAYS:
        raise wrong(f"makes the trip longer than {LONGEST_TRIP_DAYS} days")
    return end


def _not_over(end: date, info: ValidationInfo) -> date:
    """Refuses a day that was over everywhere on Earth when it was sent: the last places are 12 hours behind UTC."""
    if end < (sent_at(info) - timedelta(hours=12)).date():
        raise wrong("is in the past")
    return end


def _not_the_owner(requester: str, others: ValidationInfo) -> str:
    if requester == others.data.get("owner_id"):
        raise wrong("is the trip's owner, who needs nobody's word")
    return requester


Title = Annotated[Line, StringConstraints(max_length=80)]
Message = Annotated[str, StringConstraints(max_length=1000)]
LastDay = Annotated[Day, AfterValidator(_makes_a_trip)]
ComingDay = Annotated[LastDay, AfterValidator(_not_over)]


class TripRequestInput(WorkflowInput):
    """The workflow's input.

    trip_title: one line, as both sides know the trip. owner_id: whose trip it is, who is asked. requester_id: who asks.
    start_date, end_date: when the requester would come. message: the requester's words to the owner.
    """

    trip_id: Id
    trip_title: Title
    owner_id: Id
    requester_id: Annotated[Id, AfterValidator(_not_the_owner)]
    start_date: Day
    end_date: ComingDay
    message: Message = ""


class TripUpdate(Input):
    """The payload of signal `update`: what changes, at least one of the three; the rest stays."""

    start_date: Day | None = None
    end_date: ComingDay | None = None
    message: Message | None = None

    @model_validator(mode="after")
    def _something(self) -> "TripUpdate":
        if not self.model_dump(exclude_none=True):
            raise wrong("should have startDate, endDate or message")
        return self


SIGNALS: dict[str, type[Input]] = {"update": TripUpdate}


class Days(Model):
    """The days of a request, together."""

    start_date: Day
    end_date: LastDay


class Facts(Model):
    """What both sides know of a request. updates: how many the requester has sent."""

    trip_id: str
    trip_title: str
    owner_id: str
    requester_id: str
    start_date: date
    end_date: date
    message: str
    requested_at: str
    updates: int = 0


class TripRequest(Facts):
    """A request as it stands: what each step hands on.

    expires_at: until when the owner may answer, in `seconds` from when this was handed on. refused: why the last
    update changed nothing.
    """

    session_id: str
    expires_at: str
    seconds: int
    refused: str | None = None


class UpdateOrder(TripRequest):
    """What UpdateRequest is given."""

    decision: Decision


class CloseOrder(TripRequest):
    """What CloseRequest is given; without a decision nobody answered in time."""

    decision: Decision | None = None


class ClosedRequest(Facts):
    """The result. responded_at, responded_by: when and who accepted or declined. comment: of any answer."""

    responded_at: str | None = None
    responded_by: str | None = None
    comment: str | None = None
