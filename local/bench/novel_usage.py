"""What one novel used of AWS, counted in the cloud that analysed it, and what that costs there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import urllib3

from local.bench.counting import COUNTS_PATH
from local.cloud import Cloud
from local.compare.prices import GB_SECOND, READ, REQUEST, TRANSITION, WRITE
from local.compare.usage import Item, transitions, write_units

EVENT = 1e-6
"""One put to a bus: https://aws.amazon.com/eventbridge/pricing/, us-east-1."""
S3_WRITE = 0.005e-3
S3_READ = 0.0004e-3
"""PUT, POST and LIST; all else: https://aws.amazon.com/s3/pricing/, us-east-1."""

_LAMBDAS = re.compile(r"/aws/lambda/(novel-analysis-.+|push-progress|.+-watcher|api-.+)-local")
_REPORT = re.compile(r"REPORT .*\tDuration: ([\d.]+) ms.*Memory Size: (\d+) MB\tMax Memory Used: (\d+) MB")


@dataclass(frozen=True)
class Used:
    """What the invocations of one Lambda took. seconds: together. memory, peak: MB configured, and used at most."""

    invocations: int
    seconds: float
    memory: int
    peak: int


@dataclass(frozen=True)
class History:
    """Of an execution. largest: bytes of the largest payload, and the type of the event that has it."""

    events: int
    transitions: int
    largest: int
    largest_in: str


@dataclass(frozen=True)
class Cost:
    """One line of the bill, in USD."""

    what: str
    amount: float
    price: float

    @property
    def usd(self) -> float:
        return self.amount * self.price


def lambdas_used(cloud: Cloud) -> dict[str, Used]:
    """What each Lambda of the workflow, of the API and of progress has used, by name, as they were reported."""
    logs = boto3.client("logs", **cloud.connection())
    groups = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/lambda/")
    names = [group["logGroupName"] for page in groups for group in page["logGroups"]]
    found = {}
    for name in filter(_LAMBDAS.fullmatch, names):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
        if used := summed(event["message"] for page in pages for event in page["events"]):
            found[name.removeprefix("/aws/lambda/")] = used
    return found


def summed(messages: Iterable[str]) -> Used | None:
    """The REPORT lines of one Lambda; None where there is none."""
    reports = [report.groups() for message in messages if (report := _REPORT.match(message))]
    if not reports:
        return None
    seconds, memory, peak = zip(*reports, strict=True)
    return Used(len(reports), sum(map(float, seconds)) / 1000, int(memory[0]), max(map(int, peak)))


def history_of(cloud: Cloud, execution: str) -> History:
    """The execution's history, of which AWS keeps 25,000 events, each with payloads of 256 KiB at most."""
    histories = boto3.client("stepfunctions", **cloud.connection()).get_paginator("get_execution_history")
    events: list[Any] = [event for page in histories.paginate(executionArn=execution) for event in page["events"]]
    most, kind = max((largest(event), event["type"]) for event in events)
    return History(events_on_aws([event["type"] for event in events]), transitions(events), most, kind)


def events_on_aws(types: Sequence[str]) -> int:
    """How many events AWS would have, where MiniStack leaves some out: that a task was started, that a Map was, and of
    each of a Map's items, of one task each here, that it and its task's state began and ended.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
    """
    scheduled, failed = types.count("TaskScheduled"), types.count("TaskFailed")
    items = scheduled - failed - types.count("TaskStateEntered")
    return len(types) + scheduled + types.count("MapStateEntered") + 4 * items


def requests_counted(cloud: Cloud) -> dict[str, int]:
    """What the app's Lambdas have asked of DynamoDB, S3 and EventBridge; the cloud is one that counts."""
    counts: dict[str, int] = urllib3.request("GET", f"{cloud.connection()['endpoint_url']}{COUNTS_PATH}").json()
    return counts


def rows_of(cloud: Cloud, session_id: str) -> tuple[Item, list[Item]]:
    """The session's record, and its rows in table `steps`."""
    dynamodb = boto3.client("dynamodb", **cloud.connection())
    record = dynamodb.get_item(TableName="sessions-local", Key={"sessionId": {"S": session_id}})["Item"]
    pages = dynamodb.get_paginator("query").paginate(
        TableName="steps-local",
        KeyConditionExpression="sessionId = :session",
        ExpressionAttributeValues={":session": {"S": session_id}},
    )
    return record, [row for page in pages for row in page["Items"]]


def written_units(counts: Mapping[str, int], record: Item, rows: Sequence[Item]) -> int:
    """Write units, at most: each update is one of the record as it is in the end, when it is largest; a transaction has
    such an update too, beside rows, and what it writes counts twice.
    """
    alone = counts.get("UpdateItem", 0) + counts.get("PutItem", 0)
    in_transactions = [row for row in rows if "#" in row["stepKey"]["S"]]
    return write_units({}, record) * (alone + 2 * counts.get("TransactWriteItems", 0)) + 2 * sum(
        write_units({}, row) for row in in_transactions
    )


def bill(history: History, used: Mapping[str, Used], counts: Mapping[str, int], write_units: int) -> list[Cost]:
    """What AWS asks for all of it."""
    s3_writes = sum(counts.get(f"S3 {method}", 0) for method in ("PUT", "POST"))
    s3 = sum(count for operation, count in counts.items() if operation.startswith("S3 "))
    each = used.values()
    return [
        Cost("Step Functions, transitions", history.transitions, TRANSITION),
        Cost("Lambda, requests", sum(one.invocations for one in each), REQUEST),
        Cost("Lambda, GB-seconds", sum(one.seconds * one.memory / 1024 for one in each), GB_SECOND),
        Cost("DynamoDB, write units at most", write_units, WRITE),
        Cost("DynamoDB, read units at most", counts.get("readUnits", 0), READ),
        Cost("EventBridge, events", counts.get("PutEvents", 0), EVENT),
        Cost("S3, writes", s3_writes, S3_WRITE),
        Cost("S3, reads", s3 - s3_writes, S3_READ),
    ]


def largest(value: Any) -> int:
    """The bytes of the longest text anywhere in it."""
    match value:
        case str():
            return len(value.encode())
        case dict():
            return max(map(largest, value.values()), default=0)
        case list():
            return max(map(largest, value), default=0)
    return 0
