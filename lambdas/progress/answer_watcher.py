"""Answers what a client sends: it subscribes to a session, or keeps its connection busy.

Each message has an answer, whatever is in it: `progress` and `subscribed`, `pong`, or an `error` that says what was
wrong.
"""

import contextlib
import json
from typing import Any

from core.aws import named_errors
from core.errors import TransientError
from core.observability import logger
from core.record import described
from core.rows import Json
from progress import sockets
from progress.subscribing import Refused, subscribe

_MESSAGE_LENGTH = 1024


def handler(event: Json, _context: object) -> Json:
    """Answers over the connection itself."""
    with contextlib.suppress(sockets.Gone), named_errors():
        _answer(event["requestContext"]["connectionId"], event.get("body") or "")
    return {"statusCode": 200}


def _answer(connection_id: str, body: str) -> None:
    message: Json = {}
    try:
        message = _parsed(body)
        with named_errors():
            _do(connection_id, message)
    except Refused as refused:
        _refuse(connection_id, refused.code, str(refused), message.get("sessionId"))
    except TransientError as error:
        logger.warning("busy", extra={"error": described(error)})
        _refuse(
            connection_id, type(error).__name__, "the service is busy; try again in a moment", message.get("sessionId")
        )


def _do(connection_id: str, message: Json) -> None:
    match message:
        case {"action": "ping"}:
            sockets.send(connection_id, {"type": "pong"})
        case {"action": "subscribe", "sessionId": str(session_id)} if session_id:
            subscribe(connection_id, session_id)
        case {"action": "subscribe"}:
            raise Refused("InvalidMessage", 'say in "sessionId" to which session')
        case _:
            raise Refused("UnknownAction", 'the "action" is "subscribe", with a "sessionId", or "ping"')


def _parsed(body: str) -> Json:
    if len(body) > _MESSAGE_LENGTH:
        raise Refused("InvalidMessage", f"a message has at most {_MESSAGE_LENGTH} characters")
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise Refused("InvalidMessage", "a message is a JSON object in a text frame")
    return message


def _refuse(connection_id: str, code: str, message: str, session_id: Any) -> None:
    error: Json = {"type": "error", "code": code, "message": f"{message[:1].upper()}{message[1:]}."}
    if session_id and isinstance(session_id, str):
        error["sessionId"] = session_id
    sockets.send(connection_id, error)
