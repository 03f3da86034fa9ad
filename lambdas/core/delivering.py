"""The steps that deliver a session's result, once another step has ended the session. Decorate a plain function that
says what is posted where:

    @delivering_step
    def handler(request: DeliverRequest, session: Session) -> Delivery: ...

Whoever asks has the result before, and no receiver can make a session fail: the record's `delivery` tells how it goes,
`pending`, `delivered`, or `failed` once a `@parking_step` has put it on the dead-letter queue. Both kinds are delivered
at least once, as every step; `delivered` stands.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from core import aws
from core.deliveries import Delivery, DeliverySettings, ParkedDelivery, deliver
from core.errors import SessionClosed, StaleExecution, UnknownSession
from core.record import Change, DeliveryStatus, Entry, Record, Status, Table
from core.rows import Json
from core.sessions import failed, running, succeeded
from core.settings import Settings, load
from core.step import Event, Session, Step, write_down

RequestT = TypeVar("RequestT", bound=BaseModel)

_WITH_RESULT = frozenset({Status.COMPLETED, Status.EXPIRED})


class ParkingSettings(Settings):
    """What parks what could not be delivered."""

    dead_deliveries_queue_url: str = Field(min_length=1)


def delivering_step(body: Callable[[RequestT, Session], Delivery]) -> "DeliveringStep":
    """A step that posts what its body returns, after another step has ended the session. The body must be pure.

    Raises DeliveryUnavailable (retried) and DeliveryRefused (final).
    """
    return DeliveringStep(body)


def parking_step(body: Callable[[RequestT, Session], Delivery]) -> "ParkingStep":
    """A step that puts what its body returns on the dead-letter queue; the body is that of the delivering step."""
    return ParkingStep(body)


class StepAfterEnd(Step):
    """Writes its own entry and how the delivery stands, and nothing else of the record."""

    def __init__(self, body: Callable[[Any, Session], Delivery]) -> None:
        super().__init__(body, phase="finished")

    @abstractmethod
    def _send(self, delivery: Delivery, record: Record) -> DeliveryStatus: ...

    def _run(self, delivery: Event, session: Session) -> Json:
        table, step = Table(load(Settings).sessions_table), session.step_key
        record = _claim(table, session.session_id, step, delivery.execution.id)
        if record.get("delivery") == DeliveryStatus.DELIVERED:
            return {"delivery": DeliveryStatus.DELIVERED}
        try:
            with aws.named_errors():
                sent = self._send(self._work(delivery.input, session), record)
        except Exception as error:
            write_down(error, lambda told: _note(table, record, step, lambda before: failed(before, told)))
            raise
        return {"delivery": _note(table, record, step, succeeded, sent)}


class DeliveringStep(StepAfterEnd):
    settings = DeliverySettings

    def _send(self, delivery: Delivery, record: Record) -> DeliveryStatus:
        deliver(delivery, record["sessionId"], record["createdAt"])
        return DeliveryStatus.DELIVERED


class ParkingStep(StepAfterEnd):
    settings = ParkingSettings

    def _send(self, delivery: Delivery, record: Record) -> DeliveryStatus:
        """A repeated delivery of the step may park it twice; what sends it again looks at the record first."""
        parked = ParkedDelivery(
            url=delivery.url,
            body=delivery.body,
            session_id=record["sessionId"],
            session_began=record["createdAt"],
        )
        aws.sqs().send_message(
            QueueUrl=load(ParkingSettings).dead_deliveries_queue_url,
            MessageBody=parked.model_dump_json(by_alias=True),
        )
        return DeliveryStatus.FAILED


def _claim(table: Table, session_id: str, step: str, execution_arn: str) -> Record:
    """Marks the step running, unless the result was delivered before. Returns the record.

    Raises UnknownSession, SessionClosed where the session has no result, StaleExecution where another execution has it.
    """
    record = table.get(session_id)
    if record is None:
        raise UnknownSession(f"session {session_id} has no record")

    def decide(seen: Record | None) -> Change | None:
        seen = seen or record
        if seen["executionArn"] != execution_arn:
            raise StaleExecution(f"session {session_id} belongs to {seen['executionArn']}")
        if seen["status"] not in _WITH_RESULT:
            raise SessionClosed(f"session {session_id} is {seen['status']}: there is no result to deliver")
        if seen.get("delivery") == DeliveryStatus.DELIVERED:
            return None
        stands = seen.get("delivery", DeliveryStatus.PENDING)
        return Change(set={"delivery": stands}, entries={step: running(seen["steps"].get(step))})

    return table.change(session_id, decide, record) or record


def _note(
    table: Table, record: Record, step: str, after: Callable[[Entry | None], Entry], sent: DeliveryStatus | None = None
) -> str:
    """Writes the step's entry and, once it is sent or parked, that. Where a twin has delivered it meanwhile, or the id
    is another session's, nothing. Returns how the delivery stands.
    """

    def decide(seen: Record | None) -> Change | None:
        seen = seen or record
        if seen["createdAt"] != record["createdAt"] or seen.get("delivery") == DeliveryStatus.DELIVERED:
            return None
        return Change(set={"delivery": sent or seen["delivery"]}, entries={step: after(seen["steps"].get(step))})

    there = table.change(record["sessionId"], decide, record) or record
    return there.get("delivery", DeliveryStatus.PENDING)
