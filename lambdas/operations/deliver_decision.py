"""Tells a machine what was decided. Nothing else may: it alone holds states:SendTaskSuccess.

Invoked with the stream of table `callbacks`, for rows that say `decided`, and tried again until the task has the
decision. The session is taken out of its wait first, so that the machine's next step finds it moving.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
"""

from typing import Any

from botocore.exceptions import ClientError
from pydantic import Field

from core import aws
from core.batches import each_change
from core.callback_rows import CallbackRow, CallbackStatus, began, decision_of
from core.callbacks import Callbacks
from core.observability import logger
from core.outputs import StepOutputs
from core.record import StepStatus, Table
from core.rows import Json
from core.sessions import answered
from core.settings import StepSettings, load

# The task has ended, was answered, or was tried again under another token.
_NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


class DeliverySettings(StepSettings):
    callbacks_table: str = Field(min_length=1)


def handler(event: Json, _context: object) -> Any:
    """Answers which changes of the batch are to be sent again."""
    return each_change(event, _deliver)


def _deliver(change: Json) -> None:
    """Looks at the row as it is now: it may have a newer token than the change, or be delivered."""
    settings = load(DeliverySettings)
    callbacks = Callbacks(settings.callbacks_table)
    row = callbacks.get(change["dynamodb"]["Keys"]["callbackId"]["S"])
    if row is None or row["status"] != CallbackStatus.DECIDED:
        return
    with logger.append_context_keys(session_id=row["sessionId"], callback_id=row["callbackId"]):
        status = _told(row, Table(settings.sessions_table), StepOutputs(settings.steps_table))
        callbacks.settle(row, status)
        logger.info("decision settled", extra={"status": status})


def _told(row: CallbackRow, sessions: Table, steps: StepOutputs) -> CallbackStatus:
    before = answered(sessions, row["sessionId"], row["executionArn"], row["stepKey"])
    if before is None:
        return CallbackStatus.TOO_LATE
    decision = decision_of(row)
    # Kept as any step's output, for the row may be another round's by the time that the session is retried.
    steps.keep(row["sessionId"], began(row), row["stepKey"], decision.model_dump(mode="json", by_alias=True))
    output = decision.model_dump_json(by_alias=True)
    try:
        aws.stepfunctions().send_task_success(taskToken=row["token"], output=output)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOBODY_WAITS:
            raise
        # The task is closed. Where an earlier delivery of this decision came as far, it is what closed it.
        return CallbackStatus.DELIVERED if before == StepStatus.SUCCEEDED else CallbackStatus.TOO_LATE
    return CallbackStatus.DELIVERED
