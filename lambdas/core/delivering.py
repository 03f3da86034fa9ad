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
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from core import aws
from core.clock import now
from core.deliveries import Delivery, DeliverySettings, ParkedDelivery, deliver
from core.errors import SessionClosed, StaleExecution, UnknownSession
from core.record import Change, DeliveryStatus, Entry, Record, Status, StepError, StepStatus, Table
from core.rows import Json
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
            write_down(error, partial(_failed, table, record, step))
            raise
        return {"delivery": _succeeded(table, record, step, sent)}


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
        before = seen["steps"].get(step)
        attempt = 1 if before is None else before["attempt"] + 1
        entry: Entry = {"status": StepStatus.RUNNING, "attempt": attempt, "startedAt": now()}
        return Change(set={"delivery": seen.get("delivery", DeliveryStatus.PENDING)}, entries={step: entry})

    return table.change(session_id, decide, record) or record


def _succeeded(table: Table, record: Record, step: str, sent: DeliveryStatus) -> str:
    """Returns how the delivery stands: a twin may have delivered it meanwhile."""

    def decide(seen: Record | None) -> Change | None:
        seen = seen or record
        if not _may_note(seen, record):
            return None
        entry: Entry = {**seen["steps"][step], "status": StepStatus.SUCCEEDED, "finishedAt": now()}
        entry.pop("error", None)  # of a twin that failed
        return Change(set={"delivery": sent}, entries={step: entry})

    there = table.change(record["sessionId"], decide, record) or record
    return there.get("delivery", sent)


def _failed(table: Table, record: Record, step: str, error: StepError) -> None:
    def decide(seen: Record | None) -> Change | None:
        seen = seen or record
        if not _may_note(seen, record):
            return None
        entry: Entry = {**seen["steps"][step], "status": StepStatus.FAILED, "finishedAt": now(), "error": error}
        return Change(set={}, entries={step: entry})

    table.change(record["sessionId"], decide, record)


def _may_note(seen: Record, record: Record) -> bool:
    same = seen["createdAt"] == record["createdAt"]
    return same and seen.get("delivery") != DeliveryStatus.DELIVERED
