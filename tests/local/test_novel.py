"""The big novel of `make bench-novel`: its text, and the arithmetic of what it takes."""

import asyncio
import io
import json
from typing import Any

import pytest
from rich.console import Console

from local.bench.counting import COUNTS_PATH, with_counts
from local.bench.novel import CHAPTERS, costs_table, lambdas_table, problems
from local.bench.novel_text import novel
from local.bench.novel_usage import History, Used, bill, events_on_aws, largest, summed, written_units

HISTORY = History(events=5000, transitions=420, largest=3000, largest_in="MapStateEntered")
USED = {"novel-analysis-load-novel-local": Used(invocations=2, seconds=3.0, memory=1024, peak=300)}
WHOLE: dict[str, Any] = {"chapters": CHAPTERS, "failedChapters": 0}


def printed(table: object) -> list[str]:
    console = Console(file=io.StringIO(), width=140)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_a_novel_is_nearly_as_long_as_it_may_be_has_its_chapters_and_is_always_the_same() -> None:
    text = novel(200_000, 30)

    assert 190_000 < len(text) <= 200_000
    assert text.count(b"Chapter ") == 30
    assert sum(character > "\u3000" for character in text.decode()) * 3 > len(text) / 6
    assert novel(200_000, 30) == text


def test_reports_of_a_lambda_are_summed_and_its_peak_is_kept() -> None:
    report = "REPORT RequestId: 1\tDuration: {} ms\tBilled Duration: 1 ms\tMemory Size: 256 MB\tMax Memory Used: {} MB"

    assert summed(["a line", report.format(1500, 90), report.format(250.5, 120), report.format(1, 80)]) == Used(
        invocations=3, seconds=1.7515, memory=256, peak=120
    )
    assert summed(["a line"]) is None


def test_the_largest_payload_is_the_longest_text_of_an_event() -> None:
    event = {"id": 7, "details": {"input": '{"a":"말"}', "name": "Map", "tried": ["one", "three"]}}

    assert largest(event) == len('{"a":"말"}'.encode())


def test_the_events_that_ministack_leaves_out_are_counted() -> None:
    load = ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskSucceeded", "TaskStateExited"]
    items = [
        "MapStateEntered",
        *["TaskScheduled", "TaskSucceeded"] * 3,
        "TaskScheduled",
        "TaskFailed",
        "MapStateExited",
    ]

    # TaskStarted five times, MapStateStarted, and of each item its iteration's and its state's beginning and end.
    assert events_on_aws([*load, *items]) == len(load) + len(items) + 5 + 1 + 3 * 4


def test_updates_are_of_the_record_and_what_a_transaction_writes_counts_twice() -> None:
    record = {"sessionId": {"S": "x" * 1500}}
    rows = [{"stepKey": {"S": "ExtractFacts#1"}}, {"stepKey": {"S": "LoadNovel"}}]

    assert written_units({"UpdateItem": 3, "PutItem": 2, "TransactWriteItems": 1}, record, rows) == 2 * (3 + 2 + 2) + 2


def test_the_bill_has_a_line_for_whatever_was_used() -> None:
    counts = {"GetItem": 9, "S3 GET": 300, "S3 HEAD": 1, "S3 PUT": 200, "readUnits": 40, "PutEvents": 50}

    amounts = {cost.what: cost.amount for cost in bill(HISTORY, USED, counts, 1000)}

    assert amounts == {
        "Step Functions, transitions": 420,
        "Lambda, requests": 2,
        "Lambda, GB-seconds": 3.0,
        "DynamoDB, write units at most": 1000,
        "DynamoDB, read units at most": 40,
        "EventBridge, events": 50,
        "S3, writes": 200,
        "S3, reads": 301,
    }
    lines = printed(costs_table(bill(HISTORY, USED, counts, 1000)))
    assert "Step Functions, transitions 420.0 0.000025 0.0105" in lines
    assert any(line.startswith("sum ") for line in lines)


def test_a_novel_within_all_limits_has_no_problems() -> None:
    assert problems(WHOLE, HISTORY, USED) == []
    assert "novel-analysis-load-novel-local 2 3.0 300 1024" in printed(lambdas_table(USED))


@pytest.mark.parametrize(
    ("summary", "history", "used", "problem"),
    [
        ({**WHOLE, "failedChapters": 1}, HISTORY, USED, "2,999 of 3,000 chapters are there"),
        (WHOLE, History(5000, 420, 262_144, "x"), USED, "a payload has 262,144 bytes"),
        (WHOLE, History(20_001, 420, 1, "x"), USED, "the history has 20,001 events"),
        (WHOLE, HISTORY, {"load": Used(1, 1.0, 256, 257)}, "load used 257 of its 256 MB"),
    ],
)
def test_a_novel_that_breaks_a_limit_says_which(
    summary: dict[str, Any], history: History, used: dict[str, Used], problem: str
) -> None:
    assert problems(summary, history, used) == [problem]


def asked(*requests: dict[str, Any]) -> Any:
    """What the cloud has counted after these requests, each answered with 5,000 bytes."""

    async def cloud(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 5000})

    async def play() -> Any:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        serve = with_counts(cloud)
        for request in [*requests, {"path": COUNTS_PATH}]:
            await serve({"type": "http", "path": "/", "method": "POST", "headers": [], **request}, None, send)
        return json.loads(sent[-1]["body"])

    return asyncio.run(play())


def signed(key: str, service: str, **headers: str) -> list[tuple[bytes, bytes]]:
    authorization = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host"
    return [(name.encode(), value.encode()) for name, value in {"authorization": authorization, **headers}.items()]


def test_what_lambdas_ask_is_counted_and_nobody_elses_requests() -> None:
    get = {"x-amz-target": "DynamoDB_20120810.GetItem"}

    counts = asked(
        {"headers": signed("ASIA1", "dynamodb", **get)},
        {"headers": signed("test", "dynamodb", **get)},
        {"headers": signed("ASIA1", "dynamodb", **{"x-amz-target": "DynamoDB_20120810.UpdateItem"})},
        {"headers": signed("ASIA1", "s3"), "method": "PUT"},
        {"headers": signed("ASIA1", "events", **{"x-amz-target": "AWSEvents.PutEvents"})},
        {"headers": signed("ASIA1", "lambda")},
        {},
    )

    assert counts == {"GetItem": 1, "readUnits": 2, "UpdateItem": 1, "S3 PUT": 1, "PutEvents": 1}
