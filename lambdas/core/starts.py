"""How a session comes to an execution: it is queued before its first one starts, a failed one is given a next one, and
one that goes on for long is continued in a next one. The writes here come before StartExecution, which may then be
repeated: its name is in the record.
"""

import json
from typing import Any

from core import aws
from core.errors import NotRetryable, SessionConflict, StaleExecution
from core.executions import input_hash, session_id_of
from core.record import ENDED, Change, Entry, Record, SessionError, Status, StepStatus, Table
from core.rows import Json
from core.sessions import check_same, close, running, succeeded

NEVER_BEGAN = "ExecutionDoesNotExist"
"""The error of a session whose execution Step Functions does not know."""


def start_session(table: Table, fresh: Record, raw: Any) -> Record:
    """Queues a session, then starts its execution. Where that fails in between, the same again goes on from there.

    Returns the record as it then is, also where the session was started before. Raises SessionConflict.
    """
    to_start, record = enqueue(table, fresh)
    if to_start and not start_execution(fresh["executionArn"], fresh["sessionId"], raw):
        why = f"the execution name {fresh['sessionId']} is taken; start with another sessionId"
        if "queuedUntil" in record:  # whoever queued it was told of a session, and may look at it
            error: SessionError = {"type": SessionConflict.__name__, "message": why}
            close(table, record, record["executionArn"], Status.FAILED, lambda _: error)
        else:
            table.delete(record)
        raise SessionConflict(why)
    return record


def start_execution(arn: str, session_id: str, raw: Any) -> bool:
    """Starts the execution that has this ARN, unless an earlier try did. False where its name is taken by another
    session's.
    """
    client = aws.stepfunctions()
    machine_arn, _, name = arn.replace(":execution:", ":stateMachine:").rpartition(":")
    text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
    try:
        client.start_execution(stateMachineArn=machine_arn, name=name, input=text)
    except client.exceptions.ExecutionAlreadyExists:
        there = json.loads(client.describe_execution(executionArn=arn)["input"])
        return (session_id_of(there, name), input_hash(there)) == (session_id, input_hash(raw))
    return True


def enqueue(table: Table, record: Record) -> tuple[bool, Record]:
    """Writes the record of a session whose execution is about to start, `queued`; `queuedUntil` is in it where a queue
    stands in between.

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
        names = ("status", "phase", "executionArn", "openWorkflow", "queuedUntil")
        fields = {name: value for name, value in queued.items() if name in names}
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
        fields = {
            **_next_execution(before),
            "status": Status.PROCESSING,
            "phase": "retrying",
            "openWorkflow": before["workflow"],
            "steps": {step: _cut_off(entry) for step, entry in before["steps"].items()},
        }
        return Change(set=fields, remove=("error", "ttl"))

    return table.change(session_id, decide, record) or record


def continue_in_next(table: Table, session_id: str, execution: str, step: str, phase: str, carried: Json) -> Record:
    """Hands a session over from this execution to its next one, `<sessionId>-<attempt>`; repeating it changes nothing.

    Returns the record as it then is: its executionArn is what is to be started, with its `carried`, which a retry needs
    where that never began. Its `steps` begin anew, with this step's entry, so that a session may go on for years.
    Raises StaleExecution where the session belongs to another execution, or has ended.
    """

    record = table.get(session_id)
    if record is None:
        raise StaleExecution(f"session {session_id} has no record")

    def decide(seen: Record | None) -> Change | None:
        there = seen or record
        if there["executionArn"] != execution and step in there["steps"]:
            return None
        if there["executionArn"] != execution or there["status"] in ENDED:
            raise StaleExecution(f"session {session_id} is {there['status']}, in {there['executionArn']}")
        fields = {
            **_next_execution(there),
            "status": Status.PROCESSING,
            "phase": phase,
            "carried": carried,
            "steps": {step: succeeded(running(None))},
        }
        return Change(set=fields, remove=("waitingFor",))

    return table.change(session_id, decide, record) or record


def _next_execution(record: Record) -> dict[str, Any]:
    attempt = record["attempt"] + 1
    arn = f"{record['executionArn'].rpartition(':')[0]}:{record['sessionId']}-{attempt}"
    return {"attempt": attempt, "executionArn": arn}


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
