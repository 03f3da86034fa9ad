"""Names map by convention, and this is the one place that reads and checks it.

statemachines/order.asl.json         the workflow `order`
infra/workflows/order.py             its stack: what each step may touch, and its settings
lambdas/order/charge_payment.py      the step that the ASL calls `${ChargePayment}`
order-charge-payment-<stage>         its function
lambdas/order/compensate.py          optional: undoes what a failed or cancelled session left; no state calls it
lambdas/skill_sync/start.py          optional: starts sessions for events that come by a queue; no state calls it
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.errors import ConfigurationError

# Step Functions' clock starts with the call, Lambda's only after the environment's init, which may take 10 s:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
_HEAD_START_SECONDS = 10
# A Lambda that only asks is quick; the wait that follows is the state's.
_ASKING_SECONDS = 30
_LAMBDA_MAX_SECONDS = 900
_NAME_MAX = 64  # of a function, https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_STAGE_MAX = 16

# Packages of lambdas/ that belong to no workflow.
_SHARED = frozenset({"api", "core", "operations", "progress"})

COMPENSATION = "compensate"
START = "start"
_UNCALLED = {
    COMPENSATION: "what runs after a session failed or was cancelled",
    START: "what starts sessions for events",
}
"""The modules with a handler that no state calls, and what each is."""

_WORKFLOW = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_STEP = re.compile(r"([A-Z][a-z0-9]*)+")


@dataclass(frozen=True)
class Step:
    """A Lambda that a state machine calls.

    timeout_seconds: the Lambda's, shorter than its states'.
    asks: a state waits for the answer to what it asks (`.waitForTaskToken`).
    mapped: its state is in a Map, and each of its visits deals with a batch of the Map's items.
    """

    name: str
    timeout_seconds: int
    asks: bool
    mapped: bool = False

    @property
    def module(self) -> str:
        return _words(self.name, "_")

    @property
    def slug(self) -> str:
        return _words(self.name, "-")


@dataclass(frozen=True)
class Workflow:
    """A state machine and its steps, in the order of its definition.

    definition: the ASL's text.
    compensates: a module of its package undoes what a session that failed or was cancelled has left.
    starts: a module of its package starts sessions for events.
    """

    name: str
    definition: str
    first_step: str
    steps: tuple[Step, ...]
    compensates: bool
    starts: bool

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def class_name(self) -> str:
        return "".join(word.capitalize() for word in self.name.split("-"))


def discover(root: Path) -> list[Workflow]:
    """The workflows of a repository, by name.

    Raises ConfigurationError when an ASL, its stack file and its step modules do not match.
    """
    workflows = [_read(path, root) for path in sorted(root.glob("statemachines/*.asl.json"))]
    _check_stack_files(workflows, root)
    _check_step_modules(workflows, root)
    return workflows


def _read(path: Path, root: Path) -> Workflow:
    where = str(path.relative_to(root))
    name = path.name.removesuffix(".asl.json")
    if not _WORKFLOW.fullmatch(name):
        raise ConfigurationError(f"{where}: name it in lowercase words joined by hyphens, e.g. ai-chef.asl.json")
    definition = path.read_text(encoding="utf-8")
    try:
        machine = json.loads(definition)
    except ValueError as error:
        raise ConfigurationError(f"{where} is not JSON: {error}") from None
    package = root / "lambdas" / name.replace("-", "_")
    return Workflow(
        name,
        definition,
        _first_step(machine, where),
        _steps(machine, name, where),
        compensates=_has_handler(package / f"{COMPENSATION}.py"),
        starts=_has_handler(package / f"{START}.py"),
    )


def _has_handler(path: Path) -> bool:
    return path.is_file() and defines_handler(path)


def _steps(machine: dict[str, Any], workflow: str, where: str) -> tuple[Step, ...]:
    steps: dict[str, Step] = {}
    mapped = {name for state in _maps(machine) for name, _ in _tasks(state["ItemProcessor"])}
    for state_name, state in _tasks(machine):
        seconds, asks = _lambda_seconds(state_name, state, where), _waits(state)
        for name in _PLACEHOLDER.findall(json.dumps(state)):
            known = steps.get(name, Step(name, seconds, asks))
            steps[name] = Step(
                name, min(seconds, known.timeout_seconds), asks or known.asks, known.mapped or state_name in mapped
            )
    for step in steps:
        _check_step_name(step, workflow, where)
    return tuple(steps.values())


def _tasks(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The Task states of a machine, those within Map and Parallel states included."""
    for name, state in machine.get("States", {}).items():
        if state.get("Type") == "Task":
            yield name, state
        for inner in (*state.get("Branches", []), state.get("ItemProcessor", {})):
            yield from _tasks(inner)


def _maps(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (state for state in machine.get("States", {}).values() if state.get("Type") == "Map")


def _lambda_seconds(name: str, state: dict[str, Any], where: str) -> int:
    limit = state.get("TimeoutSeconds")
    if limit is None:
        raise ConfigurationError(
            f"{where}: state {name} has no TimeoutSeconds, so a lost answer would hang it for ever; give it one"
        )
    if _waits(state):
        return _ASKING_SECONDS
    if not isinstance(limit, int) or limit <= _HEAD_START_SECONDS:
        raise ConfigurationError(
            f"{where}: TimeoutSeconds of state {name} is {limit}; make it a whole number above "
            f"{_HEAD_START_SECONDS}: its Lambda gets {_HEAD_START_SECONDS} s less, so that a retry never runs "
            "beside the first attempt"
        )
    return min(limit - _HEAD_START_SECONDS, _LAMBDA_MAX_SECONDS)


def _waits(state: dict[str, Any]) -> bool:
    return str(state.get("Resource")).endswith(".waitForTaskToken")


def _check_step_name(step: str, workflow: str, where: str) -> None:
    if not _STEP.fullmatch(step):
        raise ConfigurationError(f"{where}: ${{{step}}} names no Lambda: write it in PascalCase, as its state")
    if (module := _words(step, "_")) in _UNCALLED:
        raise ConfigurationError(
            f"{where}: ${{{step}}} is no step: {module}.py is {_UNCALLED[module]}; give the step another name"
        )
    function = f"{workflow}-{_words(step, '-')}-"
    if len(function) + _STAGE_MAX > _NAME_MAX:
        raise ConfigurationError(
            f"{where}: step {step} makes the function name {function}<stage> too long: shorten it by "
            f"{len(function) + _STAGE_MAX - _NAME_MAX} characters"
        )


def _first_step(machine: dict[str, Any], where: str) -> str:
    start = machine.get("StartAt")
    state = machine.get("States", {}).get(start, {})
    steps = _PLACEHOLDER.findall(json.dumps(state)) if state.get("Type") == "Task" else []
    if len(steps) != 1:
        raise ConfigurationError(
            f"{where}: StartAt is {start}; let it be a Task that calls one Lambda, which writes the session record "
            "before any other step does anything"
        )
    return str(steps[0])


def _check_stack_files(workflows: list[Workflow], root: Path) -> None:
    folder = root / "infra" / "workflows"
    stacks = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    for workflow in workflows:
        if workflow.package not in stacks:
            raise ConfigurationError(
                f"statemachines/{workflow.name}.asl.json has no stack: add infra/workflows/{workflow.package}.py "
                f"with a class {workflow.class_name}(WorkflowStack) that says what its steps may touch"
            )
    for stack in sorted(stacks - {workflow.package for workflow in workflows}):
        raise ConfigurationError(
            f"infra/workflows/{stack}.py has no state machine: add statemachines/{stack.replace('_', '-')}.asl.json, "
            "or remove the stack"
        )


def _check_step_modules(workflows: list[Workflow], root: Path) -> None:
    modules = {
        (path.parent.name, path.stem)
        for path in root.glob("lambdas/*/*.py")
        if path.parent.name not in _SHARED and defines_handler(path)
    }
    modules -= {(workflow.package, module) for workflow in workflows for module in _UNCALLED}
    named = {(workflow.package, step.module): (workflow, step) for workflow in workflows for step in workflow.steps}
    for (package, module), (workflow, step) in named.items():
        if (package, module) not in modules:
            raise ConfigurationError(
                f"statemachines/{workflow.name}.asl.json calls ${{{step.name}}}, but lambdas/{package}/{module}.py "
                "defines no `handler`: add it, or correct the name in the ASL"
            )
    for package, module in sorted(modules - named.keys()):
        name = "".join(word.capitalize() for word in module.split("_"))
        raise ConfigurationError(
            f"lambdas/{package}/{module}.py defines a `handler`, but no state of "
            f"statemachines/{package.replace('_', '-')}.asl.json calls ${{{name}}}: call it, or remove the module"
        )


def defines_handler(path: Path) -> bool:
    """Read, not imported: synth must not run a workflow's code."""
    for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
        match node:
            case ast.FunctionDef(name="handler"):
                return True
            case ast.Assign(targets=[ast.Name(id="handler")]) | ast.AnnAssign(target=ast.Name(id="handler")):
                return True
    return False


def _words(pascal_case: str, separator: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", separator, pascal_case).lower()
