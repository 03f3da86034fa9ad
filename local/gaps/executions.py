"""The beginning and the end of an execution."""

import contextvars
import json
import threading
from typing import Any

from ministack.core.responses import json_response, now_iso
from ministack.services import eventbridge, stepfunctions

ending = threading.RLock()
"""Held while an execution starts or ends, or a task's answer is taken, so that each happens once."""


def repeat_starts() -> None:
    """Answer a repeated StartExecution with the execution that runs.

    AWS: the same name and input as a running execution get that execution's answer; other input, or an execution that
    has ended, get ExecutionAlreadyExists (StartExecution, API reference). MiniStack refuses every known name.
    """
    start = stepfunctions._start_execution

    def start_once(request: dict[str, Any]) -> object:
        with ending:
            machine = stepfunctions._resolve_state_machine_arn(request.get("stateMachineArn", ""))
            arn = (machine or "").replace(":stateMachine:", ":execution:") + ":" + (request.get("name") or "")
            known = stepfunctions._executions.get(arn)
            if known and known["status"] == "RUNNING" and known["input"] == request.get("input", "{}"):
                return json_response({"executionArn": arn, "startDate": known["startDate"]})
            return start(request)

    stepfunctions._start_execution = start_once


def end_once() -> None:
    """Let nothing happen in an execution after its end.

    AWS: a stopped execution stays ABORTED, runs no further task and its history ends with ExecutionAborted
    (StopExecution, API reference). MiniStack lets the task in flight finish: a failure then turns ABORTED into FAILED,
    with a second status event, and a retry calls the Lambda again.
    """
    add_event = stepfunctions._add_event
    fail = stepfunctions._fail_execution
    stop = stepfunctions._stop_execution

    def add_event_until_end(execution: dict[str, Any], kind: str, details: object = None) -> object:
        if execution["status"] != "RUNNING" and not kind.startswith("Execution"):
            raise stepfunctions._ExecutionError("States.Runtime", "The execution has ended.")
        return add_event(execution, kind, details)

    def fail_running(execution: dict[str, Any], error: str, cause: str) -> None:
        with ending:
            if execution["status"] == "RUNNING":
                fail(execution, error, cause)

    def stop_alone(request: object) -> object:
        with ending:
            return stop(request)

    stepfunctions._add_event = add_event_until_end
    stepfunctions._fail_execution = fail_running
    stepfunctions._stop_execution = stop_alone


def time_out_machines() -> None:
    """End an execution that outlives its machine's TimeoutSeconds.

    AWS: the execution ends as TIMED_OUT, with an ExecutionTimedOut event and a status event (Amazon States Language,
    "TimeoutSeconds"; error and cause stay empty). MiniStack ignores the field.
    """
    run = stepfunctions._run_execution

    def time_out(execution: dict[str, Any]) -> None:
        with ending:
            if execution["status"] != "RUNNING":
                return
            execution.update(status="TIMED_OUT", stopDate=now_iso())
            stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
        stepfunctions._emit_execution_status_event(execution)

    def run_in_time(arn: str) -> object:
        execution = stepfunctions._executions[arn]
        limit = _machine_timeout(execution)
        if limit is None:
            return run(arn)
        # A thread of its own has no context variables, and MiniStack holds the account and region in them.
        timer = threading.Timer(limit, contextvars.copy_context().run, (time_out, execution))
        timer.daemon = True
        timer.start()
        try:
            return run(arn)
        finally:
            timer.cancel()

    stepfunctions._run_execution = run_in_time


def _machine_timeout(execution: dict[str, Any]) -> float | None:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"])
    return json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None


def explain_status_events() -> None:
    """Put `error` and `cause` into the status event of every execution that has them.

    AWS: "Step Functions Execution Status Change" carries what DescribeExecution says, so an ABORTED one carries the
    error and cause given to StopExecution (Step Functions guide, EventBridge). MiniStack fills them for FAILED only.
    """
    put_events = eventbridge._put_events

    def put_explained(request: dict[str, Any], allow_aws_source: bool = False) -> object:
        for entry in request.get("Entries", []) if allow_aws_source else []:
            detail = json.loads(entry["Detail"])
            execution = stepfunctions._executions.get(detail.get("executionArn"))
            if entry["Source"] == "aws.states" and execution:
                detail |= {"error": execution.get("error"), "cause": execution.get("cause")}
                entry["Detail"] = json.dumps(detail)
        return put_events(request, allow_aws_source)

    eventbridge._put_events = put_explained
