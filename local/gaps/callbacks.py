"""Tasks that wait for an answer: states whose Resource ends in `.waitForTaskToken`."""

import contextvars
from typing import Any, NamedTuple

from ministack.core import iam_actions
from ministack.core.responses import error_response_json, new_uuid
from ministack.services import stepfunctions

from local.gaps.executions import ending


class Asker(NamedTuple):
    """Whose a task token is: the ARNs of its execution and of that one's state machine."""

    execution: str
    machine: str


_askers: dict[str, Asker] = {}
"""Of every token there ever was, for a token stays known after its task."""


def give_attempts_tokens() -> None:
    """Give each attempt of a task a token of its own, and evaluate the task's TimeoutSeconds.

    AWS: a retried task has a new token, and TimeoutSeconds may be a JSONata expression (Step Functions guide, "Wait for
    a Callback with the Task Token"; Amazon States Language, "TimeoutSeconds"). MiniStack makes one token per visit of
    the state, which branches of a Parallel state take from each other, and fails on the expression.
    """
    execute = stepfunctions._execute_task
    arguments_of = stepfunctions._apply_jsonata_arguments

    def execute_alone(state: dict[str, Any], raw_input: object, execution: object, ctx: dict[str, Any]) -> object:
        return execute(dict(state), raw_input, execution, dict(ctx))

    def arguments_of_attempt(state: dict[str, Any], raw_input: object, ctx: dict[str, Any]) -> object:
        if isinstance(state.get("TimeoutSeconds"), str):
            timeout = stepfunctions._jsonata_state_field(state, "TimeoutSeconds", "number", raw_input, ctx)
            state["TimeoutSeconds"] = timeout
        if ".waitForTaskToken" in state.get("Resource", ""):
            token = new_uuid()
            _askers[token] = Asker(ctx["Execution"]["Id"], ctx["StateMachine"]["Id"])
            ctx["Task"] = {"Token": token}
        return arguments_of(state, raw_input, ctx)

    stepfunctions._execute_task = execute_alone
    stepfunctions._apply_jsonata_arguments = arguments_of_attempt


def fail_with_the_lambda() -> None:
    """Fail a task that waits for an answer when the Lambda that was to ask for it fails.

    AWS: the task fails with the Lambda's error at once, and Retry and Catch see it (Step Functions guide, "Invoke an
    AWS Lambda function with Step Functions"). MiniStack swallows the error and waits for the answer until the timeout.
    """
    asked = contextvars.ContextVar[str | None]("asked", default=None)
    invoke = stepfunctions._invoke_with_callback
    call_lambda = stepfunctions._call_lambda

    def invoke_asking(resource: str, arguments: object, token: str, state: object) -> object:
        marked = asked.set(token)
        try:
            return invoke(resource, arguments, token, state)
        finally:
            asked.reset(marked)

    def call_reporting(function: str, event: object) -> object:
        try:
            return call_lambda(function, event)
        except stepfunctions._ExecutionError as error:
            if token := asked.get():
                _fail_task(token, error.error, error.cause)
            raise

    stepfunctions._invoke_with_callback = invoke_asking
    stepfunctions._call_lambda = call_reporting


def answer_once() -> None:
    """Take one answer per token, and none after the end of its execution.

    AWS: an answer to a task that has been answered, has timed out or belongs to an execution that has ended gets
    TaskTimedOut (SendTaskSuccess, API reference). MiniStack says TaskDoesNotExist, lets a second answer overwrite one
    that is not read yet, and leaves a stopped execution's task waiting.
    """
    emit = stepfunctions._emit_execution_status_event

    def emit_and_close(execution: dict[str, Any]) -> None:
        emit(execution)
        if execution["status"] != "RUNNING":
            for token in list(stepfunctions._task_tokens):
                if token in _askers and _askers[token].execution == execution["executionArn"]:
                    _fail_task(token, "States.Runtime", "The execution has ended.")

    stepfunctions._emit_execution_status_event = emit_and_close
    for answer in ("_send_task_success", "_send_task_failure", "_send_task_heartbeat"):
        setattr(stepfunctions, answer, _while_open(getattr(stepfunctions, answer)))


def authorize_by_machine() -> None:
    """Authorise an answer to a task against the state machine that waits for it.

    AWS: the resource of SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat is the state machine (Service
    Authorization Reference, Step Functions). MiniStack knows `*` only, so that every narrower grant is refused.
    """
    resource_of = iam_actions.extract_resource_arn

    def resource_of_answer(service: str, method: str, path: str, headers: object, body: bytes, *rest: object) -> object:
        token = iam_actions._safe_json_field(body, "taskToken") if service == "states" else None
        if token in _askers:
            return _askers[token].machine
        return resource_of(service, method, path, headers, body, *rest)

    iam_actions.extract_resource_arn = resource_of_answer


def _while_open(answer: Any) -> Any:
    """SendTask* as AWS takes it: of a known token only while its task waits."""

    def answer_open(request: dict[str, Any]) -> object:
        token = request.get("taskToken")
        with ending:
            if token in _askers and not _waits(str(token)):
                closed = "Task Timed Out: 'Provided task does not exist anymore'"
                return error_response_json("TaskTimedOut", closed, 400)
            return answer(request)

    return answer_open


def _waits(token: str) -> bool:
    task = stepfunctions._task_tokens.get(token)
    execution = stepfunctions._executions[_askers[token].execution]
    return task is not None and not task["event"].is_set() and execution["status"] == "RUNNING"


def _fail_task(token: str, error: str, cause: str) -> None:
    """Fail the task that waits under this token, unless it has been answered."""
    with ending:
        task = stepfunctions._task_tokens.get(token)
        if task and not task["event"].is_set():
            task["error"] = {"Error": error, "Cause": cause}
            task["event"].set()
