"""POST /sessions/{sessionId}/cancel: stops a session's execution. The record says `cancelled` once it has ended."""

from api.http import Refusal, Request, Response, as_json, endpoint
from api.sessions import find
from core import aws
from core.record import ENDED, Record, SessionError, Status, Table
from core.sessions import close
from core.settings import Settings, load

_WHY: SessionError = {"type": "Cancelled", "message": "cancelled through the API"}


@endpoint
def handler(request: Request) -> Response:
    """Stop the execution, and the next one where the session has just gone on in it. Asking again changes nothing."""
    table = Table(load(Settings).sessions_table)
    record = find(table, request.path["sessionId"])
    if record["status"] in ENDED and record["status"] != Status.CANCELLED:
        raise Refusal(409, "SessionEnded", f"The session has ended: {record['status']}.")
    stopped = None
    while record["status"] not in ENDED and record["executionArn"] != stopped:
        _stop(table, record)
        stopped = record["executionArn"]
        record = find(table, record["sessionId"])
    return as_json(202, {"sessionId": record["sessionId"], "status": record["status"]})


def _stop(table: Table, record: Record) -> None:
    """A session whose execution never began is ended here: no event will tell of it."""
    client = aws.stepfunctions()
    arn = record["executionArn"]
    try:
        client.stop_execution(executionArn=arn, error=_WHY["type"], cause=_WHY["message"])
    except client.exceptions.ExecutionDoesNotExist:
        close(table, record, arn, Status.CANCELLED, lambda _: _WHY)
