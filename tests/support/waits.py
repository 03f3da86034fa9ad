"""Tasks that wait for an answer, and questions that somebody answers, to test callbacks with."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError

from core import aws, clock, links
from core.callback_rows import CallbackRow, callback_id_of
from core.callbacks import Callbacks
from core.clock import now
from core.questions import Decision
from core.step import Session
from tests.support import toy
from tests.support.tables import callback_of, notifications, record_of

CALLBACKS = "callbacks-test"


class Tasks:
    """Stands for Step Functions' tasks: it takes an answer once per token, and knows the tokens it was given.

    `answered`: the output that each token got. `refusals`: error codes, answered one by one before anything else.
    """

    def __init__(self, *tokens: str) -> None:
        self.waiting = set(tokens)
        self.answered: dict[str, Any] = {}
        self.calls = 0
        self.refusals: list[str] = []

    def send_task_success(self, *, taskToken: str, output: str) -> dict[str, Any]:  # noqa: N803  # AWS's name
        self.calls += 1
        if self.refusals:
            raise _refusal(self.refusals.pop(0))
        if taskToken not in self.waiting:
            raise _refusal("TaskTimedOut" if taskToken in self.answered else "TaskDoesNotExist")
        self.waiting.remove(taskToken)
        self.answered[taskToken] = json.loads(output)
        return {}


@contextmanager
def tasks(*tokens: str) -> Iterator[Tasks]:
    """Step Functions with tasks of these tokens waiting."""
    waiting = Tasks(*tokens)
    with patch.object(aws, "stepfunctions", lambda: waiting):
        yield waiting


@contextmanager
def later(seconds: float) -> Iterator[None]:
    """The Lambdas' clock is ahead by so much."""
    ahead = SimpleNamespace(time=lambda: time.time() + seconds)
    with patch.object(clock, "time", ahead), patch.object(links, "time", ahead):
        yield


def asked_session(token: str = "token-1") -> str:
    """A session that waits for an answer."""
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    toy.ASK(toy.asking("first", session_id, token), None)
    return session_id


def question_of(session_id: str) -> Any:
    """The row of the question that a session asks, or None."""
    return callback_of(session_id, "Ask")


def decide(session_id: str, action: str = "approve", by: str = "ann", **fields: Any) -> bool:
    """Answers a session's question. Whether this answer stands."""
    decision = Decision(action=action, by=by, at=now(), **fields)
    return Callbacks(CALLBACKS).decide(callback_id_of(session_id, "Ask"), decision)[0]


def closing(session_id: str) -> Session:
    """What a step that closes a question knows of its session."""
    record = record_of(session_id)
    return Session(session_id, "Close", began=record["createdAt"], version=record["version"] + 1)


def row_of(session_id: str) -> CallbackRow:
    """The row of the question that a session asks."""
    row = Callbacks(CALLBACKS).get(callback_id_of(session_id, "Ask"))
    assert row is not None
    return row


def invited(session_id: str) -> list[str]:
    """Whom the session's invitations went to, since the last look at anybody's."""
    return sorted(sent["recipient"] for sent in notifications() if sent["sessionId"] == session_id)


def _refusal(code: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(response, "SendTaskSuccess")
