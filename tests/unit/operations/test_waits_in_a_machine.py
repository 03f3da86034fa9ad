"""Asking, deciding and delivering in a state machine: moto's Step Functions hands out the token and takes it back."""

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import interpreter, toy
from tests.support.interpreter import Machine, machine
from tests.support.tables import record_of
from tests.support.waits import question_of

pytestmark = pytest.mark.usefixtures("shared_tables")

CONTEXT = "{% { 'id': $states.context.Execution.Id, 'name': $states.context.Execution.Name, 'startTime': '' } %}"


def task(function: str, then: str, **fields: Any) -> dict[str, Any]:
    payload = {"execution": CONTEXT, "input": "{% $states.context.Execution.Input %}"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": payload | fields.pop("payload", {})},
        "Next": then,
        **fields,
    }


DEFINITION = {
    "QueryLanguage": "JSONata",
    "StartAt": "OpenToy",
    "States": {
        "OpenToy": task("OpenToy", "Ask"),
        "Ask": task(
            "Ask",
            "Answered",
            Resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
            payload={"taskToken": "{% $states.context.Task.Token %}"},
            TimeoutSeconds=3600,
        ),
        "Answered": {"Type": "Succeed"},
    },
}


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """The machine of toy, with its handlers."""
    monkeypatch.setattr(interpreter, "definition_of", lambda _workflow: DEFINITION)
    for module, handler in (("open_toy", toy.OPEN), ("ask", toy.ASK)):
        monkeypatch.setitem(sys.modules, f"toy.{module}", SimpleNamespace(handler=handler))
    with machine("toy") as made:
        yield made


def test_the_machine_goes_on_with_the_decision(toys: Machine) -> None:
    session_id = toy.new_session()
    raw = {"sessionId": session_id, "amount": 7}
    answer = ("Ask", {"action": "reject", "by": "ben", "comment": "too dear", "payload": {"a": [1]}})
    run = toys.run(raw, name=session_id, answers=[answer])
    assert run.status == "SUCCEEDED"
    assert run.output.pop("at") == question_of(session_id)["decision"]["at"]
    assert run.output == {"action": "reject", "by": "ben", "comment": "too dear", "payload": {"a": [1]}}
    assert question_of(session_id)["status"] == "delivered"
    assert record_of(session_id)["steps"]["Ask"]["status"] == "succeeded"
