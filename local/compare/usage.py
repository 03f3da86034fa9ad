"""What searches used of AWS, counted in the cloud that they ran on."""

import json
import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import boto3

from local.cloud import ROOT, Cloud, LocalError
from local.compare.prices import Usage

Item = Mapping[str, Any]
"""As DynamoDB writes items: {"sessionId": {"S": "…"}}."""

END_SECONDS = 120
POLL_SECONDS = 0.2

INDEXED = ("openWorkflow", "workflow", "owner")
"""What the indexes of table `sessions` have as keys (infra/stateful.py): each costs a write as it comes or goes."""
REFUSED_WRITES = 1
"""Of a search that the API starts: OpenSearch finds the record that the API has queued."""
READS, READS_OF_A_REVIEW = 2, 4
"""By what the Lambdas do, each of 4 KB at most: profiles and, to deliver, the record; in a review the callback's row
and the record, as the vendor answers and as the machine is told."""

_LAMBDAS = re.compile(r"/aws/lambda/(matching-.+|api-start-workflow|api-answer-callback|deliver-decision)-local")
_DURATION = re.compile(r"^REPORT .*\tDuration: ([\d.]+) ms")


def prod_memory_gb() -> float:
    """Of each Lambda on stage prod: cdk.json."""
    stages = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]
    return float(stages["prod"]["memoryMb"]) / 1024


class Meter:
    """Counts what searches use. How long a Lambda takes is measured in the rehearsal: when many run at once, what is
    reported is mostly their wait for one of this machine's processors.

    machine: the ARN of the state machine `matching`.
    """

    def __init__(self, cloud: Cloud, machine: str) -> None:
        self._executions = machine.replace(":stateMachine:", ":execution:")
        self._since = _milliseconds()
        self._typical: dict[str, float] = {}
        self._stepfunctions = boto3.client("stepfunctions", **cloud.connection())
        self._logs = boto3.client("logs", **cloud.connection())
        self._dynamodb = boto3.client("dynamodb", **cloud.connection())
        self._streams = boto3.client("dynamodbstreams", **cloud.connection())

    def rehearsed(self, session_ids: Sequence[str]) -> None:
        """Takes the Lambdas' times from these sessions, and counts from here on. Raises LocalError as `usage` does."""
        self._until_ended(session_ids)
        self._typical = {name: median(seconds) for name, seconds in self._invocations().items()}
        self._since = _milliseconds()

    def usage(self, session_ids: Sequence[str], reviewed: int) -> Usage:
        """What these sessions used, of which so many were reviewed, once their executions have ended.

        Raises LocalError when they do not end.
        """
        self._until_ended(session_ids)
        invocations = self._invocations()
        return Usage(
            searches=len(session_ids),
            transitions=sum(transitions(self._history(session_id)) for session_id in session_ids),
            requests=sum(map(len, invocations.values())),
            lambda_seconds=sum(
                len(seconds) * self._typical.get(name, median(seconds)) for name, seconds in invocations.items()
            ),
            writes=self._writes(frozenset(session_ids)) + REFUSED_WRITES * len(session_ids),
            reads=READS * len(session_ids) + READS_OF_A_REVIEW * reviewed,
        )

    def _until_ended(self, session_ids: Sequence[str]) -> None:
        deadline = time.monotonic() + END_SECONDS
        for session_id in session_ids:
            while self._status(session_id) == "RUNNING":
                if time.monotonic() > deadline:
                    raise LocalError(f"The execution of search {session_id} has not ended within {END_SECONDS} s.")
                time.sleep(POLL_SECONDS)

    def _status(self, session_id: str) -> str:
        return self._stepfunctions.describe_execution(executionArn=f"{self._executions}:{session_id}")["status"]

    def _history(self, session_id: str) -> list[Mapping[str, Any]]:
        histories = self._stepfunctions.get_paginator("get_execution_history")
        pages = histories.paginate(executionArn=f"{self._executions}:{session_id}")
        return [event for page in pages for event in page["events"]]

    def _invocations(self) -> dict[str, list[float]]:
        """The seconds of each invocation of a search's Lambdas, as they were reported, by log group."""
        groups = self._logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/lambda/")
        names = [group["logGroupName"] for page in groups for group in page["logGroups"]]
        found = {name: list(self._durations(name)) for name in names if _LAMBDAS.fullmatch(name)}
        return {name: seconds for name, seconds in found.items() if seconds}

    def _durations(self, log_group: str) -> Iterator[float]:
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=log_group, startTime=self._since)
        for event in (event for page in pages for event in page["events"]):
            if report := _DURATION.match(event["message"]):
                yield float(report[1]) / 1000

    def _writes(self, session_ids: frozenset[str]) -> int:
        """The write units of what was written: by its stream where a table has one, else by the rows, written once."""
        units = 0
        for table in ("sessions-local", "callbacks-local"):
            for old, new in self._changes(table):
                if (new or old)["sessionId"]["S"] in session_ids:
                    units += write_units(old, new) + (index_units(old, new) if table == "sessions-local" else 0)
        for session_id in session_ids:
            for table in ("steps-local", "results-local"):
                units += sum(write_units({}, row) for row in self._rows(table, session_id))
        return units

    def _changes(self, table: str) -> Iterator[tuple[Item, Item]]:
        """Every change of the table's rows: before, if the stream tells it, and after."""
        arn = self._dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        for shard in self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator: str | None = self._streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator:
                page = self._streams.get_records(ShardIterator=iterator)
                for change in (record["dynamodb"] for record in page["Records"]):
                    yield change.get("OldImage", {}), change.get("NewImage", {})
                iterator = page.get("NextShardIterator") if page["Records"] else None

    def _rows(self, table: str, session_id: str) -> list[Item]:
        answer = self._dynamodb.query(
            TableName=table,
            KeyConditionExpression="sessionId = :session",
            ExpressionAttributeValues={":session": {"S": session_id}},
        )
        return list(answer["Items"])


def _milliseconds() -> int:
    return int(time.time() * 1000)


def transitions(history: Sequence[Mapping[str, Any]]) -> int:
    """The transitions of an execution: each state that was entered, and each retry of a task.

    A task that is scheduled once more than its state was entered is a retry.
    """
    types: list[str] = [event["type"] for event in history]
    entered = sum(kind.endswith("StateEntered") for kind in types)
    return entered + types.count("TaskScheduled") - types.count("TaskStateEntered")


def write_units(old: Item, new: Item) -> int:
    """Of a write to a table: one for each KB begun of the larger item."""
    return math.ceil(max(size(old), size(new)) / 1024)


def index_units(old: Item, new: Item) -> int:
    """Of a write to table `sessions`, in its indexes, which hold keys only."""
    return sum((key in old) != (key in new) for key in INDEXED)


def size(item: Item) -> int:
    """The bytes of an item, numbers a little more than DynamoDB has them:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    match value:
        case {"S": str(text)}:
            return len(text.encode())
        case {"N": str(digits)}:
            return len(digits) // 2 + 2
        case {"M": dict(parts)}:
            return 3 + len(parts) + size(parts)
        case {"L": list(parts)}:
            return 3 + len(parts) + sum(map(_size, parts))
    return 1
