"""State machines: which there are, and how an execution of theirs is started exactly once."""

import json

from pydantic import Json as JsonText

from core import aws
from core.executions import input_hash, session_id_of
from core.rows import Json
from core.settings import Settings


class MachineSettings(Settings):
    """What a route that starts executions reads. `state_machines`: JSON, from a workflow's name to its ARN."""

    state_machines: JsonText[dict[str, str]]


def start(machine_arn: str, execution_arn: str, session_id: str, raw: Json) -> bool:
    """Starts the execution, unless an earlier try did. False where its name is taken by another session's."""
    client = aws.stepfunctions()
    name = execution_arn.rpartition(":")[2]
    text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
    try:
        client.start_execution(stateMachineArn=machine_arn, name=name, input=text)
    except client.exceptions.ExecutionAlreadyExists:
        there = json.loads(client.describe_execution(executionArn=execution_arn)["input"])
        return (session_id_of(there, name), input_hash(there)) == (session_id, input_hash(raw))
    return True
