"""Reminders to test with: deliveries of gear-reminder's steps, and signals."""

import json
from itertools import count
from typing import Any

from api import send_signal
from gear_reminder import await_due, claim_due, schedule_reminder
from tests.support.interleaving import Delivery

SENT: dict[str, Any] = {
    "userId": "rider-1",
    "gear": "Freeride board",
    "reminderType": "wax",
    "message": "Time to wax your board.",
    "scheduledAt": "2026-11-28T09:00:00+01:00",
}
LATER = {"payload": {"scheduledAt": "2026-12-05T09:00:00+01:00"}}
_numbers = count(1)


def new_session() -> str:
    """A session's id that no test has used."""
    return f"session-{next(_numbers)}"


def execution(session_id: str) -> dict[str, str]:
    """The session's first execution, as the machine names it to its Lambdas."""
    arn = f"arn:aws:states:us-east-1:123456789012:execution:gear-reminder-test:{session_id}"
    return {"id": arn, "name": session_id, "startTime": "2026-01-01T00:00:00Z"}


def scheduled() -> dict[str, Any]:
    """A session that is about to wait; what its steps are sent."""
    session_id = new_session()
    event = {"execution": execution(session_id), "input": {**SENT, "sessionId": session_id}}
    return {**schedule_reminder.handler(event, None)["input"], "sessionId": session_id}


def awaiting(reminder: dict[str, Any]) -> Delivery:
    """A delivery of AwaitDue, up to its first call."""
    event = {**_event(reminder), "taskToken": "token-1"}
    return Delivery("AwaitDue", lambda: await_due.handler(event, None)).start()


def claiming(reminder: dict[str, Any]) -> Delivery:
    """A delivery of ClaimDue, up to its first call."""
    return Delivery("ClaimDue", lambda: claim_due.handler(_event(reminder), None)).start()


def signalling(reminder: dict[str, Any], name: str, body: Any = None) -> Delivery:
    """A signal, up to its first call."""
    request = {
        "resource": "/the/{route}",
        "pathParameters": {"sessionId": reminder["sessionId"], "name": name},
        "queryStringParameters": None,
        "headers": None,
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"identity": {"apiKeyId": "key-1"}},
    }
    return Delivery(name, lambda: send_signal.handler(request, None)["statusCode"]).start()


def _event(reminder: dict[str, Any]) -> dict[str, Any]:
    return {"execution": execution(reminder["sessionId"]), "input": reminder, "item": reminder["visit"]}
