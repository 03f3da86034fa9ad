"""The Lambda with which a workflow is started by events, from the queue in front of it. It is its module `start.py`:

    @starting
    def handler(event: PracticeCompleted, sessions: Sessions) -> None:
        sessions.start(f"sync-{event.detail.practice_id}", {"userId": event.detail.user_id})

Each message's body is an event of EventBridge. The session's id comes from the event's own domain id, since EventBridge
can name no execution, and may deliver an event twice. Where the API puts starts into the queue, these are messages too:
`{"start": {"sessionId", "input"}}`, which the body does not see. What cannot be read, and whatever else trying again
cannot help, goes to the dead-letter queue with its reason; the queue tries again what failed otherwise.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, Field

from core import aws
from core.batches import each_message
from core.errors import FinalError, InvalidInput
from core.executions import execution_arn, input_hash
from core.models import Model, SessionId, validated
from core.observability import logger
from core.record import Record, Table, new_record
from core.rows import Json
from core.settings import Settings, load
from core.starts import start_session

EventT = TypeVar("EventT", bound=BaseModel)

_REASON_LENGTH = 256


class StartSettings(Settings):
    """What a workflow's start reads: its state machine's ARN, and where events go that cannot start a session."""

    state_machine_arn: str = Field(min_length=1)
    events_dead_queue_url: str = Field(min_length=1)


class Start(Model):
    """A session that the API has queued."""

    session_id: SessionId
    input: Json


class StartMessage(Model):
    """What the API puts into the queue."""

    start: Start


class Sessions:
    """Starts sessions of one workflow."""

    def __init__(self, workflow: str) -> None:
        self._workflow = workflow

    def start(self, session_id: str, raw: Json) -> Record:
        """Starts a session with this input, or finds it: its record as it then is. Raises SessionConflict."""
        settings = load(StartSettings)
        arn = execution_arn(settings.state_machine_arn, session_id)
        fresh = new_record(session_id, self._workflow, arn, input_hash(raw), "queued", raw.get("owner"))
        return start_session(Table(settings.sessions_table), fresh, raw)


def starting(body: Callable[[EventT, Sessions], None]) -> "Starting":
    """The body may run more than once for the same event: what it writes must bear that."""
    return Starting(body)


class Starting:
    """The Lambda handler."""

    def __init__(self, body: Callable[[Any, Sessions], None]) -> None:
        self.__doc__ = body.__doc__
        self._body = body
        self._event: type[BaseModel] = next(iter(get_type_hints(body).values()))
        self._sessions = Sessions(body.__module__.partition(".")[0].replace("_", "-"))

    def __call__(self, event: Json, _context: object) -> Any:
        """`event` is a batch of the queue. Answers which of its messages are to be sent again."""
        return each_message(event, self._take)

    def _take(self, message: Json) -> None:
        with logger.append_context_keys(message_id=message["messageId"]):
            try:
                self._start(message["body"])
            except FinalError as error:
                _park(message["body"], f"{type(error).__name__}: {error}")
                logger.warning("event cannot start a session", extra={"reason": str(error)})

    def _start(self, body: str) -> None:
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            raise InvalidInput([("event", "is not JSON")]) from None
        if isinstance(event, dict) and "start" in event:
            start = validated(StartMessage, event).start
            self._sessions.start(start.session_id, start.input)
        else:
            self._body(validated(self._event, event), self._sessions)


def _park(body: str, reason: str) -> None:
    """Keeps an event, with what was wrong with it, for people."""
    aws.sqs().send_message(
        QueueUrl=load(StartSettings).events_dead_queue_url,
        MessageBody=body,
        MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:_REASON_LENGTH]}},
    )
