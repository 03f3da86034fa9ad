"""POST /sessions/{sessionId}/retry: runs a failed session on, in a new execution with the same input."""

import json
from collections.abc import Iterator

from api.http import Refusal, Request, Response, as_json, endpoint
from api.sessions import find
from core import aws
from core.executions import continued, input_hash
from core.record import Record, SessionError, Status, Table
from core.rows import Json
from core.sessions import close
from core.settings import Settings, load
from core.starts import next_attempt, retryable, start_execution

_TAKEN: SessionError = {"type": "ExecutionAlreadyExists", "message": "the name of its next execution was taken"}


@endpoint
def handler(request: Request) -> Response:
    """Give the session its next execution. Steps that succeeded keep their outputs, and are not run again."""
    table = Table(load(Settings).sessions_table)
    record = find(table, request.path["sessionId"])
    session_id = record["sessionId"]
    starting = _starting(record)
    raw = _input(record if starting else retryable(record))
    if not starting:
        record = next_attempt(table, record)
    arn = record["executionArn"]
    if not start_execution(arn, session_id, raw):
        close(table, record, arn, Status.FAILED, lambda _: _TAKEN)
        raise Refusal(409, "ExecutionAlreadyExists", "The name of its next execution was taken; retry once more.")
    return as_json(202, {"sessionId": session_id, "status": record["status"]})


def _starting(record: Record) -> bool:
    """Whether an earlier retry was accepted, and nobody knows yet whether its execution was started."""
    return record["status"] == Status.PROCESSING and record["phase"] == "retrying"


def _input(record: Record) -> Json:
    """What the session was started with, from the newest of its executions that Step Functions knows; and what it is
    continued with, which that one may not have been given.
    """
    client = aws.stepfunctions()
    for arn in _executions(record):
        try:
            raw: Json = json.loads(client.describe_execution(executionArn=arn)["input"])
        except client.exceptions.ExecutionDoesNotExist:
            continue
        if input_hash(raw) == record["inputHash"]:
            return continued(raw, record["sessionId"], record.get("carried"))
    raise Refusal(409, "InputUnknown", "Step Functions no longer keeps what the session was started with; start anew.")


def _executions(record: Record) -> Iterator[str]:
    """Its execution and those before it: one that was to start and never did is unknown to Step Functions."""
    arn, session_id = record["executionArn"], record["sessionId"]
    machine = arn.rpartition(":")[0]
    yield arn
    yield from (f"{machine}:{session_id}-{attempt}" for attempt in range(record["attempt"] - 1, 1, -1))
    yield f"{machine}:{session_id}"
