"""The step of a Map's items, of which one Lambda deals with several:

    @items_step(phase="extracting_facts", progress=(5, 45))
    def handler(request: ExtractRequest, items: Items) -> Iterator[Outcomes]:
        for number in items.left:
            yield {number: ChapterFile(key=…)}

Its payload has `"items": {"first", "last", "of"}`. What the body yields is committed at once: one transaction stores
each item's output in table `steps` and counts it in the record, so a delivery that dies loses nothing of it, and one
that is repeated does only what is left and counts nothing twice. Thousands of items have no place in a record; the
entry of their step says how many are done: `steps.ExtractFacts.items = {"done", "of"}`.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import BaseModel

from core import rows
from core.aws import named_errors
from core.errors import FinalError, InvalidInput, SessionBusy, SessionClosed, StaleExecution
from core.models import Batch, validated
from core.outputs import StepOutputs
from core.record import (
    ENDED,
    Change,
    Entry,
    ItemCount,
    Record,
    Status,
    StepError,
    StepStatus,
    Table,
    described,
)
from core.rows import Json
from core.sessions import failed, lapsed, running, succeeded
from core.settings import StepSettings, load
from core.step import Event, Session, Step, as_json, write_down

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

RequestT = TypeVar("RequestT", bound=BaseModel)
OutputT = TypeVar("OutputT", bound=BaseModel)

Outcomes = Mapping[int, OutputT | FinalError]
"""What items came to, by their number: an output, or the error with which one failed for good; the others go on."""

_TRIES = 20
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class Items:
    """The items that a delivery is to deal with: of its batch, those that are `left`; `of` so many altogether."""

    session_id: str
    left: list[int]
    of: int


def items_step(
    *, phase: str, progress: tuple[int, int], until: str | None = None
) -> Callable[[Callable[[RequestT, Items], Iterator[Outcomes[OutputT]]]], "ItemsStep"]:
    """progress (percent): before the first item is done, and once all are. An item that failed is tried again by a
    later delivery; not once the step `until` has succeeded, which has put together what there was.
    The Lambda answers with how many of its batch are `done`, and how many `failed`.
    """
    return lambda body: ItemsStep(body, phase, progress, until)


class ItemsStep(Step):
    settings = StepSettings

    def __init__(
        self,
        body: Callable[[RequestT, Items], Iterator[Outcomes[OutputT]]],
        phase: str,
        progress: tuple[int, int],
        until: str | None,
    ) -> None:
        super().__init__(body, phase)
        self._progress, self._until = progress, until

    def _run(self, delivery: Event, session: Session) -> Json:
        batch = delivery.items
        if batch is None:
            raise InvalidInput([("items", 'is missing: pass {"first", "last", "of"} in the Payload')])
        settings = load(StepSettings)
        hold = ItemsHold(
            Table(settings.sessions_table),
            StepOutputs(settings.steps_table),
            session.session_id,
            delivery.execution.id,
            self.name,
            self._progress,
        )
        goes_on = hold.open(self._phase, batch.of, self._until)
        try:
            with named_errors():
                return self._deal(hold, delivery.input, batch, goes_on=goes_on)
        except Exception as error:
            write_down(error, hold.fail)
            raise

    def _deal(self, hold: "ItemsHold", raw: object, batch: Batch, *, goes_on: bool) -> Json:
        left = hold.left(batch)
        done, failures = batch.last - batch.first + 1 - len(left), 0
        if left and goes_on:
            for outcomes in self._body(validated(self._request, raw), Items(hold.session_id, left, batch.of)):
                hold.commit(outcomes)
                failing = sum(isinstance(outcome, FinalError) for outcome in outcomes.values())
                done, failures = done + len(outcomes) - failing, failures + failing
        return {"done": done, "failed": failures}


class ItemsHold:
    """One delivery of a batch, and what it may write: open, then commit, or fail. Others write to the same entry.

    Every write raises SessionClosed when the session has ended and StaleExecution when another execution has it.
    """

    def __init__(
        self, table: Table, outputs: StepOutputs, session_id: str, execution: str, step: str, progress: tuple[int, int]
    ) -> None:
        self._table, self._outputs = table, outputs
        self.session_id, self._execution, self._step = session_id, execution, step
        self._progress = progress
        self._began = ""

    def open(self, phase: str, of: int, until: str | None) -> bool:
        """Has the record say that the step runs, unless it does already or all its items are done.

        False, and nothing is written, where the step `until` has succeeded.
        """

        def decide(seen: Record | None) -> Change | None:
            record = self._own(seen)
            before = record["steps"].get(self._step)
            if before is not None and (record["phase"] == phase or before["status"] == StepStatus.SUCCEEDED):
                return None
            count: ItemCount = {"done": 0, "of": of} if before is None else before["items"]
            entry: Entry = {**running(before), "items": count}
            return Change(
                set={"status": Status.PROCESSING, "phase": phase, "progress": self._percent(record, count)},
                entries={self._step: entry, **lapsed(record, self._step)},
                remove=("waitingFor",),
            )

        record = self._own(self._table.get(self.session_id))
        self._began = record["createdAt"]
        if until in record["steps"] and record["steps"][until]["status"] == StepStatus.SUCCEEDED:
            return False
        self._table.change(self.session_id, decide, record)
        return True

    def left(self, batch: Batch) -> list[int]:
        return self._outputs.items_left(self.session_id, self._began, self._step, batch)

    def commit(self, outcomes: Outcomes[Any]) -> None:
        """Stores what items came to and counts them, all or nothing. What a twin has stored first stands.

        Raises SessionBusy when others kept changing the record.
        """
        left = dict(outcomes)
        record: Record | None = None
        for attempt in range(_TRIES):
            if not left:
                return
            record = record or self._own(self._table.get(self.session_id))
            writes = [self._write(item, outcome) for item, outcome in left.items()]
            reasons = rows.transact([*writes, self._table.write(self._counted(record, left.values()), record)])
            if not reasons:
                return
            twins = [item for item, reason in zip(left, reasons[:-1], strict=True) if reason["Code"] == rows.REFUSED]
            left = {item: outcome for item, outcome in left.items() if item not in twins}
            there = reasons[-1].get("Item")
            record = self._own(cast(Record, rows.from_item(there))) if there else None
            if record is None:  # others are writing; a record in hand is tried at once, before it is old
                time.sleep(random.uniform(0, _PAUSE_SECONDS * min(attempt + 1, 4)))  # noqa: S311  # spreads writers
        raise SessionBusy(f"session {self.session_id} kept changing under {_TRIES} tries to write to it")

    def fail(self, error: StepError) -> None:
        """Writes the error into the step's entry, where it stays until all items are done."""

        def decide(seen: Record | None) -> Change | None:
            entry = self._own(seen)["steps"][self._step]
            if entry["status"] == StepStatus.SUCCEEDED:
                return None
            return Change(set={}, entries={self._step: failed(entry, error)})

        self._table.change(self.session_id, decide, self._own(self._table.get(self.session_id)))

    def _write(self, item: int, outcome: BaseModel | FinalError) -> "TransactWriteItemTypeDef":
        failing = isinstance(outcome, FinalError)
        told = described(outcome) if isinstance(outcome, FinalError) else as_json(outcome)
        return self._outputs.item_write(self.session_id, self._began, self._step, item, told, failed=failing)

    def _counted(self, record: Record, outcomes: Iterable[BaseModel | FinalError]) -> Change:
        """The record once these items are done, or have failed."""
        before = record["steps"][self._step]
        errors = [outcome for outcome in outcomes if isinstance(outcome, FinalError)]
        now_done = sum(not isinstance(outcome, FinalError) for outcome in outcomes)
        count: ItemCount = {**before["items"], "done": before["items"]["done"] + now_done}
        entry: Entry = {**before, "items": count}
        if count["done"] == count["of"]:
            entry = succeeded(entry)
        elif errors:
            entry = failed(entry, described(errors[-1]))
        return Change(set={"progress": self._percent(record, count)}, entries={self._step: entry})

    def _percent(self, record: Record, count: ItemCount) -> int:
        """Of the whole session: it never falls."""
        start, end = self._progress
        return max(record["progress"], start + (end - start) * count["done"] // count["of"])

    def _own(self, record: Record | None) -> Record:
        if record is None:
            raise StaleExecution(f"session {self.session_id} has no record")
        if record["executionArn"] != self._execution:
            raise StaleExecution(f"session {self.session_id} belongs to {record['executionArn']}")
        if record["status"] in ENDED:
            raise SessionClosed(f"session {self.session_id} has ended: {record['status']}")
        return record
