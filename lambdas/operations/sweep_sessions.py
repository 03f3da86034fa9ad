"""Looks after sessions that nothing has touched for a while: status-change events are best effort, this is not.

A session whose execution has ended is settled; one that should be moving and is not is counted as stale, for the
alarm. Sessions that wait for an answer may be many and wait for days: each is looked at in one sweep of thirteen, and
is stale only when it waits longer than its question allows. Invoked on a schedule.
"""

import time
import zlib
from collections.abc import Iterator

from pydantic import Field
from pydantic import Json as JsonText

from core import aws, observability
from core.clock import ago, now
from core.observability import logger
from core.record import ENDED, Record, Status, Table
from core.rows import Json
from core.settings import Settings, load
from core.starts import NEVER_BEGAN
from operations.settling import EndedExecution, settle

_INDEX = "open-sessions"
# Prime, so that sweeps every so many minutes come to every turn, however many minutes that are.
_TURNS = 13
_BATCH = 100  # of BatchGetItem


class SweepSettings(Settings):
    """`workflows`: their names, a JSON list. `stale_after_seconds`: untouched for longer, a session is looked at."""

    workflows: JsonText[list[str]]
    stale_after_seconds: int = Field(gt=0)


def handler(_event: Json, _context: object) -> Json:
    """Returns how many sessions were looked at, and how many are stale."""
    settings = load(SweepSettings)
    table = Table(settings.sessions_table)
    looked, stale = 0, 0
    with aws.named_errors():
        for record in _untouched(table, settings):
            looked += 1
            execution = _execution(record)
            if execution is not None:
                settle(table, record, execution, settings.stage)
            elif not _may_wait(record, settings):
                stale += 1
                logger.warning("session is stale", extra={"session_id": record["sessionId"]})
    observability.count("StaleSessions", service="operations", stage=settings.stage, value=stale)
    return {"looked": looked, "stale": stale}


def _untouched(table: Table, settings: SweepSettings) -> Iterator[Record]:
    """Open sessions that have their turn, the oldest first.

    The index holds only keys, so that no step's write costs a second one.
    """
    before = ago(settings.stale_after_seconds)
    pages = aws.dynamodb().get_paginator("query")
    for workflow in settings.workflows:
        for page in pages.paginate(
            TableName=settings.sessions_table,
            IndexName=_INDEX,
            KeyConditionExpression="openWorkflow = :workflow AND createdAt < :before",
            ExpressionAttributeValues={":workflow": {"S": workflow}, ":before": {"S": before}},
        ):
            ids = [key["sessionId"]["S"] for key in page["Items"]]
            for start in range(0, len(ids), _BATCH):
                for record in table.get_many(ids[start : start + _BATCH]).values():
                    open_and_untouched = record["updatedAt"] < before and record["status"] not in ENDED
                    due = not _may_wait(record, settings) or _has_its_turn(record)
                    if open_and_untouched and due and not _may_be_started(record):
                        yield record


def _may_be_started(record: Record) -> bool:
    """Whether the message that is to start its execution may still be under way in a queue."""
    return record["status"] == Status.QUEUED and record.get("queuedUntil", "") > now()


def _may_wait(record: Record, settings: SweepSettings) -> bool:
    """Whether the session waits for an answer that may still come; the machine gives up a little after people must."""
    return "waitingFor" in record and record["waitingFor"]["expiresAt"] > ago(settings.stale_after_seconds)


def _has_its_turn(record: Record) -> bool:
    return zlib.crc32(record["sessionId"].encode()) % _TURNS == int(time.time() // 60) % _TURNS


def _execution(record: Record) -> EndedExecution | None:
    """The record's execution if it has ended, None while it runs."""
    client = aws.stepfunctions()
    arn = record["executionArn"]
    try:
        execution = client.describe_execution(executionArn=arn)
    except client.exceptions.ExecutionDoesNotExist:
        return EndedExecution(arn, "FAILED", NEVER_BEGAN, "the execution never began, or is no longer kept")
    if execution["status"] in ("RUNNING", "PENDING_REDRIVE"):
        return None
    return EndedExecution(arn, execution["status"], execution.get("error"), execution.get("cause"))
