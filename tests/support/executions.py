"""State machines in moto whose executions do next to nothing, and what was started there."""

import json
from typing import Any
from unittest.mock import patch

from botocore.exceptions import EndpointConnectionError

from core import aws
from tests.support.waiting import eventually

_ROLE = "arn:aws:iam::123456789012:role/machine"

# What an execution of each machine does. moto may overlook a stop that comes just before a Wait, so waits are short.
_STATES = {
    "succeeds": {"Type": "Succeed"},
    "fails": {"Type": "Fail", "Error": "NoRecipeFits"},
    "waits": {"Type": "Wait", "Seconds": 5, "Next": "Only"},
}


def create_machine(workflow: str, stage: str = "test", does: str = "succeeds") -> str:
    """Makes a workflow's state machine, which `succeeds` or `fails` at once, or `waits` until stopped; its ARN."""
    definition = json.dumps({"StartAt": "Only", "States": {"Only": _STATES[does]}})
    made = aws.stepfunctions().create_state_machine(name=f"{workflow}-{stage}", definition=definition, roleArn=_ROLE)
    return made["stateMachineArn"]


def start(arn: str, raw: Any) -> None:
    """Starts the execution that has this ARN."""
    machine, _, name = arn.replace(":execution:", ":stateMachine:").rpartition(":")
    aws.stepfunctions().start_execution(stateMachineArn=machine, name=name, input=json.dumps(raw))


def begun(arn: str) -> None:
    """Waits until the execution is in its state: before, moto cannot stop it."""

    def entered() -> bool:
        history = aws.stepfunctions().get_execution_history(executionArn=arn)["events"]
        return any("stateEnteredEventDetails" in event for event in history)

    eventually(entered)


def ended(arn: str, status: str) -> None:
    """Waits until the execution has ended so: moto runs it beside the test, and stops it there too."""
    eventually(lambda: aws.stepfunctions().describe_execution(executionArn=arn)["status"] == status)


def unreachable(call: str = "start_execution", client: Any = None) -> Any:
    """Within it, AWS cannot be reached for this call, of Step Functions unless another client is given."""
    error = EndpointConnectionError(endpoint_url="https://aws")
    return patch.object(client or aws.stepfunctions(), call, side_effect=error)


def started(session_id: str, workflow: str = "toy", stage: str = "test") -> list[str]:
    """The names of the executions that a session has had, `<sessionId>` and `<sessionId>-<attempt>`."""
    machine = f"arn:aws:states:us-east-1:123456789012:stateMachine:{workflow}-{stage}"
    pages = aws.stepfunctions().get_paginator("list_executions").paginate(stateMachineArn=machine)
    names = [execution["name"] for page in pages for execution in page["executions"]]
    return sorted(name for name in names if name == session_id or name.rpartition("-")[0] == session_id)


def input_of(arn: str) -> Any:
    """What an execution was started with."""
    return json.loads(aws.stepfunctions().describe_execution(executionArn=arn)["input"])
