"""Writes `failed` or `cancelled` into the record of a session whose execution ended without a step saying so.

Invoked by EventBridge on a state machine's status change to FAILED, TIMED_OUT or ABORTED. Events may repeat, come
late, or not come (then sweep_sessions gets there): the write holds for the record's own execution, once.
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

import json
from typing import Any

from core import aws
from core.executions import input_hash, session_id_of
from core.record import Table, new_record
from core.rows import Json
from core.settings import Settings, load
from operations.settling import EndedExecution, settle


def handler(event: Json, _context: object) -> None:
    """`event` is EventBridge's "Step Functions Execution Status Change"."""
    detail = event["detail"]
    settings = load(Settings)
    with aws.named_errors():
        raw = _input(detail)
        machine = detail["stateMachineArn"].rpartition(":")[2]
        fresh = new_record(
            session_id_of(raw, detail["name"]),
            machine.removesuffix(f"-{settings.stage}"),
            detail["executionArn"],
            input_hash(raw),
            "not_started",
            owner=None,
        )
        table = Table(settings.sessions_table)
        execution = EndedExecution(detail["executionArn"], detail["status"], detail.get("error"), detail.get("cause"))
        settle(table, table.create(fresh) or fresh, execution, settings.stage)


def _input(detail: Json) -> Any:
    """The execution's input; the event leaves it out above 248 KiB."""
    text = detail.get("input")
    if text is None:
        text = aws.stepfunctions().describe_execution(executionArn=detail["executionArn"])["input"]
    return json.loads(text)
