"""Who may write what to a session's record: the first step begins it, each step holds its own entry, the last step
completes it, and operations close what no step ended. The states, as a table: docs/sessions.md.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core.clock import now
from core.errors import SessionClosed, SessionConflict, StaleExecution
from core.record import (
    ENDED,
    Change,
    Entry,
    Record,
    SessionError,
    Status,
    StepError,
    StepStatus,
    Table,
    WaitingFor,
    ended,
)

_OWN_AND_OPEN = "executionArn = :arn AND attribute_exists(openWorkflow)"


def begin(table: Table, record: Record, step: str, entry: Callable[[Record], Entry]) -> tuple[bool, Record]:
    """The first step's write: the session's record, with the step's own entry, which the record that stands decides.

    Returns whether the session begins with it, and its record. A record of another execution with the same input is
    returned untouched: the caller is its duplicate. Raises SessionConflict when the id is taken by a
    session of another workflow or with other input.
    """
    there = table.create({**record, "steps": {step: entry(record)}})
    if there is None:
        return True, record
    if there["executionArn"] != record["executionArn"]:
        check_same(there, record)
    elif _not_begun(there, step):
        return _start_queued(table, record, step, entry(there), there), there
    return False, there


def check_same(there: Record, record: Record) -> None:
    """Raises SessionConflict when the session that is there is of another workflow, or has other input."""
    if (there["workflow"], there["inputHash"]) != (record["workflow"], record["inputHash"]):
        raise SessionConflict(
            f"session {record['sessionId']} exists with other input, in {there['executionArn']};"
            " start with another sessionId"
        )


def _not_begun(record: Record, step: str) -> bool:
    entry = record["steps"].get(step)
    return record["status"] not in ENDED and (entry is None or entry["status"] != StepStatus.SUCCEEDED)


def _start_queued(table: Table, record: Record, step: str, entry: Entry, there: Record) -> bool:
    """Turns a queued or retried record into one that is processed; False where another delivery did."""
    starts = False

    def decide(seen: Record | None) -> Change | None:
        nonlocal starts
        starts = seen is not None and _not_begun(seen, step)
        if not starts:
            return None
        fields = {"status": Status.PROCESSING, "phase": record["phase"]}
        return Change(set=fields, entries={step: entry})

    table.change(record["sessionId"], decide, there)
    return starts


class Hold:
    """One delivery of a step, and what it may write to its session's record: claim; then wait, finish, complete, fail.

    After claim, `first` tells that no delivery of this step came before, `succeeded` that one has done its work, and
    `session_began` when the record was made; `version` is the record's as this delivery last saw it. In a session's
    later executions `first` cannot be known: the record's entries may have begun anew.
    Every write raises SessionClosed when the session has ended and StaleExecution when another execution has it.
    """

    def __init__(self, table: Table, session_id: str, execution_arn: str, step: str) -> None:
        self._table, self._session_id = table, session_id
        self._arn, self._step = execution_arn, step
        self._entry: Entry | None = None
        self._progress = 0
        self._session_attempt = 1
        self.succeeded = False
        self.session_began = ""
        self.version = 0

    @property
    def first(self) -> bool:
        alone = self._entry is not None and self._entry["attempt"] == 1 and self._session_attempt == 1
        return alone and not self.succeeded

    def claim(self, phase: str, progress: int) -> None:
        """Marks the step running, unless it has succeeded before. What the session waited for, it no longer does."""

        self._write(running, {"status": Status.PROCESSING, "phase": phase}, progress, remove=("waitingFor",))

    def wait(self, waiting_for: WaitingFor) -> None:
        """Marks the session as waiting for the answer to the step's question."""

        def waiting(before: Entry | None) -> Entry:
            return {**_claimed(before), "status": StepStatus.WAITING}

        self._write(waiting, {"status": Status.WAITING, "waitingFor": waiting_for}, self._progress)

    def finish(self, phase: str, progress: int) -> None:
        """Marks the step succeeded."""
        self._write(succeeded, {"phase": phase}, progress)

    def complete(self, status: Status, outcome: str) -> None:
        """Marks the step succeeded and ends the session: `completed` or `expired`, with its outcome."""
        progress = 100 if status == Status.COMPLETED else self._progress
        fields = {**ended(status), "outcome": outcome, "phase": "finished"}
        self._write(succeeded, fields, progress, remove=("openWorkflow",))

    def fail(self, error: StepError) -> None:
        """Writes the error into the step's entry, unless a twin succeeded. How the session goes on is for ASL."""

        self._write(lambda before: failed(before, error), {}, self._progress)

    def _write(
        self,
        after: Callable[[Entry | None], Entry],
        fields: Mapping[str, Any],
        progress: int,
        *,
        remove: tuple[str, ...] = (),
    ) -> None:
        """Writes the entry that comes `after` the present one, unless the step has succeeded. Progress never falls."""
        if self.succeeded:
            return

        def decide(seen: Record | None) -> Change | None:
            before, known = self._entry, max(progress, self._progress)
            unanswered: dict[str, Entry] = {}
            if seen is not None:
                before, known = self._look(seen), max(known, seen["progress"])
                if self.succeeded:
                    return None
                unanswered = lapsed(seen, self._step) if "waitingFor" in remove else {}
            idle = " AND attribute_not_exists(waitingFor)" if "waitingFor" in remove else ""
            values = {":arn": self._arn} if before is None else {":arn": self._arn, ":before": before}
            untouched = "attribute_not_exists(steps.#step0)" if before is None else "steps.#step0 = :before"
            return Change(
                set={**fields, "progress": known},
                entries={self._step: after(before), **unanswered},
                remove=remove,
                guess=f"{_OWN_AND_OPEN} AND {untouched} AND #progress <= :progress{idle}",
                guess_values=values,
            )

        record = self._table.change(self._session_id, decide)
        if record is not None:
            self._entry, self._progress = record["steps"].get(self._step), record["progress"]
            self.session_began, self.version = record["createdAt"], record["version"]
            self._session_attempt = record["attempt"]

    def _look(self, seen: Record) -> Entry | None:
        if seen["executionArn"] != self._arn:
            raise StaleExecution(f"session {self._session_id} belongs to {seen['executionArn']}")
        entry = seen["steps"].get(self._step)
        self.succeeded = entry is not None and entry["status"] == StepStatus.SUCCEEDED
        if not self.succeeded and seen["status"] in ENDED:
            raise SessionClosed(f"session {self._session_id} has ended: {seen['status']}")
        return entry


def lapsed(seen: Record, step: str) -> dict[str, Entry]:
    """The entry of another step whose question nobody has answered: the machine goes on without an answer."""
    waiting = seen.get("waitingFor")
    if waiting is None or waiting["step"] == step or seen["steps"][waiting["step"]]["status"] != StepStatus.WAITING:
        return {}
    error: StepError = {"type": "NoAnswer", "message": f"nobody had answered by {waiting['expiresAt']}"}
    entry: Entry = {**seen["steps"][waiting["step"]], "status": StepStatus.FAILED, "finishedAt": now(), "error": error}
    return {waiting["step"]: entry}


def _claimed(entry: Entry | None) -> Entry:
    if entry is None:
        raise RuntimeError("a step claims its entry before it writes to it")
    return entry


def running(before: Entry | None) -> Entry:
    """The entry of a step that is claimed, once more where there was one before."""
    attempt = 1 if before is None else before["attempt"] + 1
    return {"status": StepStatus.RUNNING, "attempt": attempt, "startedAt": now()}


def succeeded(before: Entry | None) -> Entry:
    """The entry of a claimed step that has done its work."""
    entry: Entry = {**_claimed(before), "status": StepStatus.SUCCEEDED, "finishedAt": now()}
    entry.pop("error", None)  # of a twin that failed
    return entry


def failed(before: Entry | None, error: StepError) -> Entry:
    """The entry of a claimed step that failed."""
    return {**_claimed(before), "status": StepStatus.FAILED, "finishedAt": now(), "error": error}


def close(
    table: Table,
    record: Record,
    execution_arn: str,
    status: Status,
    why: Callable[[Record], SessionError | None],
) -> bool:
    """Ends a session whose execution ended without a step doing so; `why` reads the error off the record.

    Returns whether this ended it: not where it has ended already, or belongs to another execution.
    """
    closed = False

    def decide(seen: Record | None) -> Change | None:
        nonlocal closed
        closed = seen is not None and seen["executionArn"] == execution_arn and seen["status"] not in ENDED
        if seen is None or not closed:
            return None
        return Change(set=ended(status, why(seen)), remove=("openWorkflow", "waitingFor"))

    table.change(record["sessionId"], decide, record)
    return closed


def answered(table: Table, session_id: str, execution_arn: str, step: str) -> str | None:
    """Takes a session out of its wait: the step that asked has succeeded. Repeating it changes nothing, and neither
    does an answer to a question that the machine has stopped waiting on.

    Returns what the step's entry said before: `succeeded` where this is a repetition. None where the session has ended,
    or belongs to another execution.
    """
    before: str | None = None

    def decide(seen: Record | None) -> Change | None:
        nonlocal before
        goes_on = seen is not None and seen["executionArn"] == execution_arn and seen["status"] not in ENDED
        before = seen["steps"][step]["status"] if seen is not None and goes_on else None
        if seen is None or before not in (StepStatus.RUNNING, StepStatus.WAITING):
            return None
        entries = {step: succeeded(seen["steps"][step])}
        return Change(set={"status": Status.PROCESSING}, entries=entries, remove=("waitingFor",))

    record = table.get(session_id)
    if record is not None:
        table.change(session_id, decide, record)
    return before
