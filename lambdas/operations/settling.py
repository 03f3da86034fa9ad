"""Makes a session's record tell how its execution ended, where no step could."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from core import observability
from core.observability import logger
from core.record import Record, SessionError, Status, StepStatus, Table, describe
from core.sessions import close

_METRICS = {Status.FAILED: "SessionsFailed", Status.CANCELLED: "SessionsCancelled"}

# What an execution ends with where Step Functions gives no error of its own.
_UNNAMED = {
    "TIMED_OUT": ("States.Timeout", "the execution ran longer than its machine's TimeoutSeconds"),
    "ABORTED": ("ExecutionAborted", "the execution was stopped"),
    "SUCCEEDED": ("SessionUnfinished", "the execution succeeded, but no step of it ended the session"),
    "FAILED": ("ExecutionFailed", "the execution failed and gave no reason"),
}


@dataclass(frozen=True)
class EndedExecution:
    """An execution that has ended, in Step Functions' words; `error` and `cause` are None where it gave none."""

    arn: str
    status: str
    error: str | None
    cause: str | None


def settle(table: Table, record: Record, execution: EndedExecution, stage: str) -> None:
    """Ends the record's session as its execution ended, unless it has ended or belongs to another execution."""
    status = Status.CANCELLED if execution.status == "ABORTED" else Status.FAILED
    if close(table, record, execution.arn, status, lambda seen: _why(seen, execution)):
        logger.info("session settled", extra={"session_id": record["sessionId"], "status": status})
        observability.count(_METRICS[status], service=record["workflow"], stage=stage)


def _why(record: Record, execution: EndedExecution) -> SessionError | None:
    if execution.status == "ABORTED" and not (execution.error or execution.cause):
        return None
    kind, message = _UNNAMED[execution.status]
    told = describe(execution.error or kind, _message(execution.cause) or message)
    step = _culprit(record, told["type"])
    if step is None:
        return {"type": told["type"], "message": told["message"]}
    own = record["steps"][step].get("error")
    return {**(own if own and own["type"] == told["type"] else told), "step": step}


def _culprit(record: Record, kind: str) -> str | None:
    """The step that failed with this error, else the one that was running, else the one that failed last."""
    preferences: tuple[Callable[[str], bool], ...] = (
        lambda step: record["steps"][step].get("error", {}).get("type") == kind,
        lambda step: record["steps"][step]["status"] == StepStatus.RUNNING,
        lambda step: record["steps"][step]["status"] == StepStatus.FAILED,
    )
    latest_first = sorted(record["steps"], key=lambda step: record["steps"][step]["startedAt"], reverse=True)
    return next((step for prefers in preferences for step in latest_first if prefers(step)), None)


def _message(cause: str | None) -> str | None:
    """A Lambda's error is JSON in the cause; other causes are sentences."""
    try:
        payload = json.loads(cause or "")
    except ValueError:
        return cause
    return str(payload["errorMessage"]) if isinstance(payload, dict) and "errorMessage" in payload else cause
