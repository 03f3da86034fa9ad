"""Answers what a client sends: it subscribes to a session, or keeps its connection busy.

Each message has an answer, whatever is in it: `progress` and `subscribed`, `pong`, or an `error` that says what was
wrong.
"""

import json

from pydantic import TypeAdapter, ValidationError

from core.aws import named_errors
from core.errors import TransientError
from core.models import SessionId
from core.observability import logger
from core.record import described
from core.rows import Json
from core.settings import load
from progress import sockets
from progress.subscribing import NotConnected, Refused, subscribe
from progress.watchers import Watchers, WatcherSettings

_MESSAGE_LENGTH = 1024
_SESSION_ID: TypeAdapter[str] = TypeAdapter(SessionId)


def handler(event: Json, _context: object) -> Json:
    """Answers over the connection itself."""
    connection_id = event["requestContext"]["connectionId"]
    try:
        with named_errors():
            _answer(connection_id, event.get("body") or "")
    except sockets.NotReached:  # it missed what it was promised: its next message is answered NotConnected
        _watchers().forget(connection_id)
    return {"statusCode": 200}


def _answer(connection_id: str, body: str) -> None:
    message: Json = {}
    try:
        message = _parsed(body)
        with named_errors():
            _do(connection_id, message)
    except Refused as refused:
        _refuse(connection_id, message, refused.code, str(refused))
    except TransientError as error:
        logger.warning("busy", extra={"error": described(error)})
        _refuse(connection_id, message, type(error).__name__, "the service is busy; try again in a moment")


def _do(connection_id: str, message: Json) -> None:
    match message:
        case {"action": "ping"}:
            if not _watchers().is_connected(connection_id):
                raise NotConnected
            sockets.send(connection_id, {"type": "pong"})
        case {"action": "subscribe"}:
            session_id = _session_id_of(message)
            if session_id is None:
                raise Refused("InvalidMessage", 'say in "sessionId" to which session')
            subscribe(connection_id, session_id)
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


def _watchers() -> Watchers:
    return Watchers(load(WatcherSettings).connections_table)


def _session_id_of(message: Json) -> str | None:
    """The session that a message names, if it names one."""
    try:
        return _SESSION_ID.validate_python(message.get("sessionId"))
    except ValidationError:
        return None


def _refuse(connection_id: str, message: Json, code: str, reason: str) -> None:
    error: Json = {"type": "error", "code": code, "message": f"{reason[:1].upper()}{reason[1:]}."}
    session_id = _session_id_of(message)
    sockets.send(connection_id, {**error, "sessionId": session_id} if session_id else error)
