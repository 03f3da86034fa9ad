"""Toys that are made by the batch: the items of a Map, whose deliveries tests repeat, kill and overtake."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from core import aws, rows
from core.errors import FinalError, ProviderUnavailable
from core.items import Items, Outcomes, items_step
from core.outputs import StepOutputs
from core.record import Status, Table
from core.sessions import close
from core.starts import next_attempt
from tests.support import toy
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.tables import every_row, record_of

START, END = 5, 45
RETRIED = "{}-2"


class Broken(FinalError):
    """A toy that cannot be made."""


@dataclass
class Workshop:
    """What becomes of a session's toys: those in `broken` cannot be made, those in `delayed` not now."""

    runs: int = 0
    made: list[int] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)
    delayed: set[int] = field(default_factory=set)
    at_once: int = 1


workshops: dict[str, Workshop] = {}


def make_toys(request: toy.Amount, items: Items) -> Iterator[Outcomes[toy.Work]]:
    workshop, outcomes = workshops[items.session_id], dict[int, toy.Work | FinalError]()
    workshop.runs += 1
    for number in items.left:
        if number in workshop.delayed:
            raise ProviderUnavailable("no material")
        workshop.made.append(number)
        broken = number in workshop.broken
        outcomes[number] = Broken(f"toy {number} is broken") if broken else toy.Work(run=number)
        if len(outcomes) == workshop.at_once:
            yield outcomes
            outcomes = {}
    yield outcomes


make_toys.__module__ = "toy.make_toys"
MAKE = items_step(phase="making", progress=(START, END))(make_toys)


@contextmanager
def stopping() -> Iterator[None]:
    """Within it deliveries stop at their calls, and nothing waits; afterwards the tables are empty."""
    with interleaved(), patch("core.items.time", SimpleNamespace(sleep=lambda _seconds: None)):
        yield
    empty_tables()


def empty_tables() -> None:
    """moto copies a table for each transaction: one that holds every test's rows is slow."""
    for table, keys in (("sessions-test", ("sessionId",)), ("steps-test", ("sessionId", "stepKey"))):
        for row in every_row(table):
            aws.dynamodb().delete_item(TableName=table, Key=rows.to_item({key: row[key] for key in keys}))


def opened(**workshop: Any) -> str:
    """A session that is about to make toys."""
    session_id = toy.new_session()
    toy.OPEN(toy.event(session_id, session_id, amount=7), None)
    workshops[session_id] = Workshop(**workshop)
    return session_id


def batch(session_id: str, first: int, last: int, of: int, execution: str = "{}") -> Delivery:
    """A delivery of a batch, up to its first call."""
    event = {**toy.event(execution.format(session_id), session_id, amount=7)}
    event["items"] = {"first": first, "last": last, "of": of}
    return Delivery(f"{first}-{last}", lambda: MAKE(event, None)).start()


def make(session_id: str, first: int, last: int, of: int, execution: str = "{}") -> Any:
    """A batch's answer, or the error it ends with."""
    delivery = batch(session_id, first, last, of, execution).finish()
    if delivery.error is not None:
        raise delivery.error
    return delivery.output


def entry_of(session_id: str) -> Any:
    return record_of(session_id)["steps"]["MakeToys"]


def count_of(session_id: str) -> tuple[int, int]:
    items = entry_of(session_id)["items"]
    return items["done"], items["of"]


def kept(session_id: str) -> tuple[dict[int, Any], dict[int, Any]]:
    began = record_of(session_id)["createdAt"]
    return StepOutputs("steps-test").items(session_id, began, "MakeToys")


def end_it(session_id: str) -> None:
    record = record_of(session_id)
    assert close(Table("sessions-test"), record, record["executionArn"], Status.FAILED, lambda _: None)


def retry_it(session_id: str) -> None:
    """Ends the session as failed, and gives it its next execution."""
    end_it(session_id)
    next_attempt(Table("sessions-test"), record_of(session_id))


class Watch:
    """Looks at a session between any two calls."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._seen = record_of(session_id)

    def look(self) -> None:
        before, now = self._seen, record_of(self._session_id)
        self._seen = now
        assert now == before or now["version"] == before["version"] + 1
        assert now["progress"] >= before["progress"]
        entry = now["steps"].get("MakeToys")
        outputs = kept(self._session_id)[0]
        if entry is None:
            assert outputs == {}
            return
        done, of = entry["items"]["done"], entry["items"]["of"]
        assert done == len(outputs)
        assert now["progress"] == START + (END - START) * done // of
        assert (entry["status"] == "succeeded") == (done == of)

    def finish(self, *deliveries: Delivery) -> None:
        """Lets them go on in turn."""
        while unfinished := [delivery for delivery in deliveries if not delivery.done]:
            for delivery in unfinished:
                self.step(delivery)

    def step(self, delivery: Delivery, fate: Fate = Fate.GO_ON) -> None:
        """Lets it make its next call."""
        delivery.step(fate)
        if not delivery.calls[-1].startswith(("get_item", "batch_get_item")):
            self.look()
