"""Calls the API's Lambdas as API Gateway does, and makes sessions and questions for them to find."""

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.callback_rows import Asking, CallbackRow
from core.callbacks import Callbacks
from core.executions import input_hash
from core.questions import Approval, Fact, Item, Question
from core.record import Change, Record, Status, StepStatus, Table, new_record
from tests.support.interleaving import Delivery, interleaved

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:ai-chef-test"
RECIPE = {"profile": {"target": "keto", "budget": 30_000}}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


def call(
    module: str,
    *,
    path: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    body: Any = None,
    identity: dict[str, str] | None = None,
) -> Answer:
    """Invokes a route's handler; a body that is not text is sent as JSON."""
    event = {
        "resource": "/the/{route}",
        "pathParameters": path,
        "queryStringParameters": query,
        "headers": headers,
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"identity": identity or {"apiKeyId": "key-1"}},
    }
    answer = importlib.import_module(f"api.{module}").handler(event, None)
    return Answer(answer["statusCode"], answer["headers"], answer["body"])


def at_once(send: Callable[[int], Answer]) -> list[Answer]:
    """The answers of twenty requests, each of which stands at the same call to DynamoDB as the others; `send` is given
    a request's number.
    """
    with interleaved():
        requests = [Delivery(f"request {number}", partial(send, number)).start() for number in range(20)]
        while unfinished := [request for request in requests if not request.done]:
            for request in unfinished:
                request.step()
    return [request.output for request in requests]


def session(session_id: str, **attributes: Any) -> Record:
    """Puts a session's record into the table, `processing` unless said otherwise."""
    arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{session_id}"
    workflow = attributes.get("workflow", "ai-chef")
    record = new_record(session_id, workflow, arn, input_hash(RECIPE), "started", attributes.get("owner"))
    record |= attributes  # type: ignore[typeddict-item]
    if record["status"] in ("completed", "failed", "cancelled", "expired"):
        record.pop("openWorkflow", None)
    assert Table("sessions-test").create(record) is None
    return record


def asked(record: Record, question: Question, token: str, step_key: str = "RequestApproval") -> CallbackRow:
    """The row of a question that a session asks, now; each step key is a round of its own."""
    asking = Asking(
        session_id=record["sessionId"],
        session_began=record["createdAt"],
        workflow="order",
        step="RequestApproval",
        step_key=step_key,
        execution_arn=record["executionArn"],
        token=token,
        version=record["version"],
        answered=False,
    )
    return Callbacks("callbacks-test").ask(asking, question)


def waiting(session_id: str, question: Question, token: str = "the-task's-token") -> CallbackRow:
    """Makes a session that waits for the answer to a question."""
    entry = {"status": StepStatus.WAITING, "attempt": 1, "startedAt": "2026-11-21T09:00:00.000Z"}
    record = session(session_id, workflow="order", status=Status.WAITING, steps={"RequestApproval": entry})
    row = asked(record, question, token)

    def wait(seen: Record | None) -> Any:
        waits = {
            "callbackId": row["callbackId"],
            "kind": row["kind"],
            "step": "RequestApproval",
            "expiresAt": row["expiresAt"],
        }
        return Change(set={"waitingFor": waits}) if seen and "waitingFor" not in seen else None

    Table("sessions-test").change(session_id, wait, record)
    return row


def approval(**changes: Any) -> Approval:
    """A question to people, as order asks it."""
    asked: dict[str, Any] = {
        "title": "Approve order ord-1?",
        "asked_by": "cust-123",
        "facts": [Fact(label="Customer", value="cust-123"), Fact(label="Order", value="ord-1")],
        "items": [Item(name="prod-001", quantity=2, amount="USD 20.00")],
        "total": "USD 20.00",
        "accepts": ("approve", "reject"),
        "approvers": ("ann", "ben"),
        "expires_in": 3600,
    }
    return Approval(**(asked | changes))
