"""Runs a workflow's ASL in moto's Step Functions with the workflow's real handlers in process, and injects faults.

The one place that touches moto's private names; moto is pinned for it. moto lacks a JSONata engine (its own needs a
Java VM) and ignores what a Lambda answers; both are put in here. Waits between retries are skipped.
"""

import importlib
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import jsonata
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from pydantic.alias_generators import to_snake

from core import aws
from core.callbacks import Callbacks, Decision
from core.clock import now
from tests.support.decisions import deliver

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/machine"

_parse = cache(AmazonStateLanguageParser.parse)
"""A machine's program keeps nothing of an execution, and to parse it takes longer than to run it."""

TIMEOUT = "States.Timeout"


@dataclass(frozen=True)
class Fault:
    """The `visit`-th invocation of a state's Lambda (from 1) ends with `error`, after its work was done or before.

    With States.Timeout after its work, nobody answers what the Lambda asked.
    """

    state: str
    error: str
    visit: int = 1
    after_work: bool = False


Answer = tuple[str, dict[str, Any]]
"""A state that asks, and the decision it is to get: `("RequestApproval", {"action": "approve", "by": "ann"})`."""


@dataclass
class Run:
    """One execution as it ended."""

    status: str
    output: Any
    error: str | None
    cause: str | None
    arn: str
    entered: list[str]
    invoked: list[tuple[str, str | None]]
    """(state, error name or None) of each invocation of a Lambda, in order."""


@dataclass
class Machine:
    """A workflow's state machine in moto."""

    workflow: str
    arn: str
    definition: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    invoked: list[tuple[str, str | None]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """(state, callbackId) of each question that was asked and not yet looked at."""
    lapsed: set[str] = field(default_factory=set)
    """The task tokens whose time is over."""

    def run(self, raw: Any, *, name: str, faults: Sequence[Fault] = (), answers: Sequence[Answer] = ()) -> Run:
        """Starts an execution, answers its questions, and waits for its end."""
        self.faults, self.answers, self.invoked, self.asked = list(faults), list(answers), [], []
        client = aws.stepfunctions()
        arn = client.start_execution(stateMachineArn=self.arn, name=name, input=json.dumps(raw))["executionArn"]
        pause = threading.Event()
        while (end := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            while self.asked:
                self._answer(*self.asked.pop(0))
            pause.wait(0.002)
        history = client.get_execution_history(executionArn=arn)["events"]
        entered = [
            event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event
        ]
        output = json.loads(end["output"]) if "output" in end else None
        return Run(end["status"], output, end.get("error"), end.get("cause"), arn, entered, self.invoked)

    def invoke(self, state: str, event: Any) -> Any:
        """What Lambda does: the handler's answer, or its error as a LambdaError."""
        visit = 1 + sum(before == state for before, _ in self.invoked)
        fault = next((fault for fault in self.faults if (fault.state, fault.visit) == (state, visit)), None)
        handler = importlib.import_module(f"{self.workflow.replace('-', '_')}.{to_snake(state)}").handler
        answer: Any
        try:
            answer = handler(event, SimpleNamespace()) if fault is None or fault.after_work else None
            if fault is not None and fault.error == TIMEOUT and "taskToken" in event:
                self.lapsed.add(event["taskToken"])
                self.invoked.append((state, TIMEOUT))
                return answer
            if fault is not None:
                answer = LambdaError(fault.error, "injected")
        except Exception as raised:  # noqa: BLE001  # as Lambda does: any exception becomes an error payload
            answer = LambdaError(type(raised).__name__, str(raised))
        self.invoked.append((state, answer.error if isinstance(answer, LambdaError) else None))
        if "taskToken" in event and not isinstance(answer, LambdaError):
            self.asked.append((state, answer["callbackId"]))
        return answer

    def _answer(self, state: str, callback_id: str) -> None:
        """Decides as the next answer for this state says, unless it was decided before, and has it delivered."""
        callbacks = Callbacks("callbacks-test")
        row = callbacks.get(callback_id)
        assert row is not None
        if row["status"] == "open":
            answer = next(answer for answer in self.answers if answer[0] == state)
            self.answers.remove(answer)
            decided, _ = callbacks.decide(callback_id, Decision.model_validate({"at": now(), **answer[1]}))
            assert decided, f"{answer[1]} is no answer to {row['accepts']}"
        deliver(callback_id)


@dataclass(frozen=True)
class LambdaError:
    error: str
    message: str


def workflows() -> list[str]:
    """The names of all workflows, by their ASL files."""
    return sorted(path.name.removesuffix(".asl.json") for path in (ROOT / "statemachines").glob("*.asl.json"))


def definition_of(workflow: str) -> dict[str, Any]:
    """A workflow's ASL with each `${Step}` replaced by the function name `Step`."""
    text = (ROOT / "statemachines" / f"{workflow}.asl.json").read_text()
    definition: dict[str, Any] = json.loads(re.sub(r"\$\{(\w+)\}", r"\1", text))
    return definition


@contextmanager
def machine(workflow: str) -> Iterator[Machine]:
    """A workflow's state machine, ready to run; moto and the tables must be up."""
    definition = definition_of(workflow)
    arn = f"arn:aws:states:us-east-1:123456789012:stateMachine:{workflow}-test"
    made = Machine(workflow, arn, definition)

    def invoke(_backend: Any, function: str, _qualifier: Any, body: Any, _headers: Any, answer: Any) -> bytes:
        output = made.invoke(function.rpartition(":")[2], json.loads(body))
        if isinstance(output, LambdaError):
            answer["x-amz-function-error"] = "Unhandled"
            output = {"errorType": output.error, "errorMessage": output.message}
        return json.dumps(output).encode()

    wait = CallbackEndpoint.wait

    def wait_in_time(endpoint: Any, timeout: float | None = None) -> Any:
        return None if endpoint.callback_id in made.lapsed else wait(endpoint, timeout)

    with (
        patch.object(AmazonStateLanguageParser, "parse", _parse),
        patch.object(CallbackEndpoint, "wait", wait_in_time),
        patch.object(LambdaSimpleBackend, "invoke", invoke),
        patch.object(moto_jsonata, "_eval_jsonata", lambda expression: jsonata.Jsonata(expression).evaluate(None)),
        patch.object(retrier_decl, "time", SimpleNamespace(sleep=lambda _seconds: None)),
    ):
        name, text = f"{workflow}-test", json.dumps(definition)
        aws.stepfunctions().create_state_machine(name=name, definition=text, roleArn=ROLE)
        yield made
