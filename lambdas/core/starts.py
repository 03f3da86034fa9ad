"""How a session comes to an execution from outside: it is queued before its first one starts, and a failed one is
given a next one. The writes here come before StartExecution, which may then be repeated: its name is in the record.
"""

from core.errors import NotRetryable
from core.record import Change, Entry, Record, Status, StepStatus, Table
from core.sessions import check_same

NEVER_BEGAN = "ExecutionDoesNotExist"
"""The error of a session whose execution Step Functions does not know."""


def enqueue(table: Table, record: Record) -> tuple[bool, Record]:
    """Writes the record of a session whose execution is about to start, `queued`.

    Returns whether the execution is to be started, and the record as it then is. An execution that was to start and
    never did is to be started again. Raises SessionConflict when the id is taken by another workflow or input.
    """
    queued: Record = {**record, "status": Status.QUEUED, "phase": "queued"}
    there = table.create(queued)
    if there is None:
        return True, queued
    check_same(there, queued)
    if there["status"] == Status.QUEUED:
        return True, there
    if not _never_began(there):
        return False, there

    def decide(seen: Record | None) -> Change | None:
        if seen is None or not _never_began(seen):
            return None
        fields = {
            "status": Status.QUEUED,
            "phase": "queued",
            "executionArn": queued["executionArn"],
            "openWorkflow": queued["workflow"],
        }
        return Change(set=fields, remove=("error", "ttl"))

    revived = table.change(record["sessionId"], decide, there) or there
    return revived["status"] == Status.QUEUED, revived


def next_attempt(table: Table, record: Record) -> Record:
    """Gives a failed session its next execution, `<sessionId>-<attempt>`. Steps that succeeded keep their outputs.

    Returns the record as it then is: its executionArn is what is to be started, with the former one's input. Raises
    NotRetryable when the session has not failed, or what it had done was undone.
    """
    session_id = record["sessionId"]

    def decide(seen: Record | None) -> Change:
        before = retryable(seen or record)
        attempt = before["attempt"] + 1
        fields = {
            "status": Status.PROCESSING,
            "phase": "retrying",
            "attempt": attempt,
            "executionArn": f"{before['executionArn'].rpartition(':')[0]}:{session_id}-{attempt}",
            "openWorkflow": before["workflow"],
            "steps": {step: _cut_off(entry) for step, entry in before["steps"].items()},
        }
        return Change(set=fields, remove=("error", "ttl"))

    return table.change(session_id, decide, record) or record


def retryable(record: Record) -> Record:
    """The record, if its session may be run on. Raises NotRetryable."""
    session_id = record["sessionId"]
    if record["status"] != Status.FAILED:
        raise NotRetryable(f"session {session_id} is {record['status']}; only a failed one can be retried")
    if "compensation" in record:
        raise NotRetryable(f"what session {session_id} had done was undone; start a new one")
    return record


def _cut_off(entry: Entry) -> Entry:
    """An entry as the next attempt finds it. One of a step that did not succeed stays: it may have left something."""
    return entry if entry["status"] == StepStatus.SUCCEEDED else {**entry, "status": StepStatus.FAILED}


def _never_began(record: Record) -> bool:
    return (
        record["status"] == Status.FAILED
        and record["attempt"] == 1
        and not record["steps"]
        and record.get("error", {}).get("type") == NEVER_BEGAN
    )
