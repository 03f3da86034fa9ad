"""Events that come to the start, and the sessions that it starts, which run when the test says so."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from core import aws
from core.step import Step
from skill_sync import compute_skill_profile, load_practice, open_sync, publish_profile, save_skill_profile, start
from tests.support.skill_sync import USER, batch, completed

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:skill-sync-test"


class Started:
    """Step Functions as far as the start knows it: executions by name, in order, none of them twice."""

    def __init__(self) -> None:
        self.executions: dict[str, Any] = {}
        self.hears: Callable[[str, Any], object] = lambda _name, _raw: None
        """Is told of each execution as it starts."""

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803  # AWS's words
        assert stateMachineArn == MACHINE
        given = json.loads(input)
        if self.executions.setdefault(name, given) is given:
            self.hears(name, given)


@contextmanager
def started_sessions() -> Iterator[Started]:
    """Within it, executions are started by name alone; run() runs them."""
    started = Started()
    with patch.object(aws, "stepfunctions", partial(lambda made: made, started)):
        yield started


def deliver(*events: Any) -> list[str]:
    """A batch of the queue; returns the ids of the messages that are to be sent again."""
    answer = start.handler(batch(*events), SimpleNamespace())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def happen(*practices: Any, user_id: str = USER) -> None:
    """Delivers the event of each practice, one after the other."""
    assert deliver(*(completed(each, user_id) for each in practices)) == []


class Run:
    """A session on its way through the steps, each given what the machine gives it."""

    def __init__(self, execution: str, raw: Any) -> None:
        arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{execution}"
        self.execution = {"id": arn, "name": execution, "startTime": "2026-11-21T09:30:00.000Z"}
        self.session_id, self.raw = raw.get("sessionId", execution), raw
        self.profile: Any = None

    def call(self, handler: Step, *given: Any) -> Any:
        merged = {name: value for each in given for name, value in each.items()}
        return json.loads(json.dumps(handler({"execution": self.execution, "input": merged}, None)))

    def load(self) -> Any:
        sync = self.call(open_sync.handler, self.raw)
        return self.call(load_practice.handler, sync["input"], {"sessionId": self.session_id})

    def save(self, history: Any) -> Any:
        own = {"sessionId": self.session_id}
        self.profile = self.call(compute_skill_profile.handler, history, own)
        return self.call(save_skill_profile.handler, self.profile, own)

    def publish(self, saved: Any) -> Any:
        return self.call(publish_profile.handler, self.profile, saved, {"sessionId": self.session_id})

    def all(self) -> Any:
        """Through all steps; how the session ended."""
        return self.publish(self.save(self.load()))
