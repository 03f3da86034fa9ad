"""Runs a workflow's ASL in moto's Step Functions with the workflow's real handlers in process, and injects faults.

The one place that touches moto's private names; moto is pinned for it. moto lacks a JSONata engine (its own needs a
Java VM) and ignores what a Lambda answers; both are put in here. Waits between retries are skipped.
"""

import importlib
import json
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

import jsonata
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from pydantic.alias_generators import to_snake

from core import aws
from core.callbacks import Callbacks
from core.clock import now
from core.questions import Decision
from tests.support.clock import Clock
from tests.support.decisions import deliver

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/machine"

_parse = cache(AmazonStateLanguageParser.parse)
"""A machine's program keeps nothing of an execution, and to parse it takes longer than to run it."""

_lambda_client = cache(partial(boto_client_for, "us-east-1", "lambda"))
"""moto makes one for each invocation, which takes longer than the invocation."""

TIMEOUT = "States.Timeout"


@dataclass(frozen=True)
class Fault:
    """The `visit`-th invocation of a state's Lambda (from 1) ends with `error`, after its work was done or before."""

    state: str
    error: str
    visit: int = 1
    after_work: bool = False


Answer = tuple[str, dict[str, Any] | None]
"""A state that asks, and the decision it is to get: `("RequestApproval", {"action": "approve", "by": "ann"})`. None:
nobody answers in time.
"""


class Invocation(NamedTuple):
    """Of a state's Lambda, with its error's name or None. Where nobody answered: States.Timeout. item: the first of
    those that a visit within a Map deals with.
    """

    state: str
    error: str | None
    item: int | None = None


@dataclass
class Run:
    """A session's executions, one after the other, and how the last one ended."""

    status: str
    output: Any
    error: str | None
    cause: str | None
    arn: str
    entered: list[str]
    invoked: list[Invocation]
    """In order."""
    histories: list[int] = field(default_factory=list)
    """How many events each execution has."""


@dataclass
class Machine:
    """A workflow's state machine in moto. clock: moves on by the seconds of each wait whose time is over."""

    workflow: str
    arn: str
    definition: dict[str, Any]
    clock: Clock | None = None
    faults: list[Fault] = field(default_factory=list)
    answers: Iterator[Answer] = field(default_factory=lambda: iter(()))
    invoked: list[Invocation] = field(default_factory=list)
    happened: SimpleQueue[tuple[str, dict[str, Any] | None] | None] = field(default_factory=SimpleQueue)
    """A question was asked: callbackId, and the decision to commit, if there is none yet. None: an execution ended."""
    lapsed: set[str] = field(default_factory=set)
    """The task tokens whose time is over."""
    turn: threading.Condition = field(default_factory=threading.Condition)
    running: str = ""
    """The execution whose turn it is: one that continues a session waits until the one before has ended."""

    def run(self, raw: Any, *, name: str, faults: Sequence[Fault] = (), answers: Iterable[Answer] = ()) -> Run:
        """Starts an execution, answers its questions in this order, and waits for its end. So with those after it, in
        which its session continues.
        """
        self.faults, self.answers, self.invoked = list(faults), iter(answers), []
        start = aws.stepfunctions().start_execution(stateMachineArn=self.arn, name=name, input=json.dumps(raw))
        run = self._followed(start["executionArn"])
        while isinstance(run.output, dict) and run.output.keys() == {"executionArn"}:  # what a continuing step returns
            last = self._followed(run.output["executionArn"])
            run = replace(last, entered=run.entered + last.entered, histories=run.histories + last.histories)
        return run

    def invoke(self, step: str, event: Any) -> Any:
        """What Lambda does: the handler's answer, or its error as a LambdaError."""
        state = next(name for name, state in states_of(self.definition).items() if _calls(state, step))
        with self.turn:
            self.turn.wait_for(lambda: self.running == event["execution"]["id"])
        visit = 1 + sum(before.state == state for before in self.invoked)
        fault = next((fault for fault in self.faults if (fault.state, fault.visit) == (state, visit)), None)
        handler = importlib.import_module(f"{self.workflow.replace('-', '_')}.{to_snake(step)}").handler
        answer: Any
        try:
            answer = handler(event, SimpleNamespace()) if fault is None or fault.after_work else None
            if fault is not None:
                answer = LambdaError(fault.error, "injected")
        except Exception as raised:  # noqa: BLE001  # as Lambda does: any exception becomes an error payload
            answer = LambdaError(type(raised).__name__, str(raised))
        error = answer.error if isinstance(answer, LambdaError) else None
        if "taskToken" in event and error is None and not self._is_answered(state, answer["callbackId"]):
            self.lapsed.add(event["taskToken"])
            error = TIMEOUT
        self.invoked.append(Invocation(state, error, event.get("items", {}).get("first")))
        return answer

    def wait_is_over(self, token: str, seconds: float | None) -> bool:
        """Whether nobody answers this task's question; then its time has passed."""
        over = token in self.lapsed
        if over and self.clock is not None:
            self.clock.advance(seconds or 0)
        return over

    def _followed(self, arn: str) -> Run:
        """One execution, from its first Lambda to its end."""
        with self.turn:
            self.running = arn
            self.turn.notify_all()
        while (asked := self.happened.get()) is not None:
            self._answer(*asked)
        client = aws.stepfunctions()
        end = client.describe_execution(executionArn=arn)
        history = client.get_execution_history(executionArn=arn)["events"]
        entered = [
            event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event
        ]
        output = json.loads(end["output"]) if "output" in end else None
        ended = end.get("error"), end.get("cause")
        return Run(end["status"], output, *ended, arn, entered, self.invoked, [len(history)])

    def _is_answered(self, state: str, callback_id: str) -> bool:
        """Takes the next answer for a question that is open. Whether one comes in time, or came before."""
        row = Callbacks("callbacks-test").get(callback_id)
        assert row is not None
        asked, decision = next(self.answers, (state, {})) if row["status"] == "open" else (state, None)
        if decision is None and row["status"] == "open":
            return False
        self.happened.put((callback_id, decision if asked == state else {}))
        return True

    def _answer(self, callback_id: str, decision: dict[str, Any] | None) -> None:
        """Decides, unless that was done before, and has the decision delivered."""
        if decision is not None:
            assert decision, "a question is asked that the next answer is not for"
            answer = Decision.model_validate({"at": now(), **decision})
            decided, row = Callbacks("callbacks-test").decide(callback_id, answer)
            assert decided, f"{decision} is no answer to {row and row['accepts']}"
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


def _calls(state: dict[str, Any], step: str) -> bool:
    return state["Type"] == "Task" and bool(state["Arguments"]["FunctionName"] == step)


def states_of(definition: dict[str, Any]) -> dict[str, Any]:
    """All states by name, those inside Map and Parallel too."""
    found: dict[str, Any] = {}
    for name, state in definition["States"].items():
        found[name] = state
        inner = [*state.get("Branches", []), *(state[key] for key in ("ItemProcessor",) if key in state)]
        for machine in inner:
            found |= states_of(machine)
    return found


@contextmanager
def machine(workflow: str, clock: Clock | None = None) -> Iterator[Machine]:
    """A workflow's state machine, ready to run; moto and the tables must be up."""
    definition = definition_of(workflow)
    arn = f"arn:aws:states:us-east-1:123456789012:stateMachine:{workflow}-test"
    made = Machine(workflow, arn, definition, clock)

    def invoke(_backend: Any, function: str, _qualifier: Any, body: Any, _headers: Any, answer: Any) -> bytes:
        output = made.invoke(function.rpartition(":")[2], json.loads(body))
        if isinstance(output, LambdaError):
            answer["x-amz-function-error"] = "Unhandled"
            output = {"errorType": output.error, "errorMessage": output.message}
        return json.dumps(output).encode()

    wait, terminated = CallbackEndpoint.wait, BaseExecutionWorkerCommunication.terminated

    def tell_end(worker: Any) -> None:
        terminated(worker)
        made.happened.put(None)

    def wait_in_time(endpoint: Any, timeout: float | None = None) -> Any:
        return None if made.wait_is_over(endpoint.callback_id, timeout) else wait(endpoint, timeout)

    with (
        patch.object(AmazonStateLanguageParser, "parse", _parse),
        patch.object(CallbackEndpoint, "wait", wait_in_time),
        patch.object(BaseExecutionWorkerCommunication, "terminated", tell_end),
        patch.object(LambdaSimpleBackend, "invoke", invoke),
        patch.object(lambda_eval_utils, "boto_client_for", lambda **_: _lambda_client()),
        patch.object(moto_jsonata, "_eval_jsonata", lambda expression: jsonata.Jsonata(expression).evaluate(None)),
        patch.object(retrier_decl, "time", SimpleNamespace(sleep=lambda _seconds: None)),
    ):
        # Items of a Map one after another: each run is then the same.
        name, text = f"{workflow}-test", re.sub(r'"MaxConcurrency": \d+', '"MaxConcurrency": 1', json.dumps(definition))
        aws.stepfunctions().create_state_machine(name=name, definition=text, roleArn=ROLE)
        yield made
