"""Records of a DynamoDB stream that a Lambda names as failed: delivered again in the local cloud, lost in MiniStack.

When the test named `test_ministack_…` fails, MiniStack has closed the gap: remove the fix with its tests.
"""

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import Lab
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("local_cloud")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The file in which the worker notes each record that it was sent, one a line."""
    return tmp_path / "delivered"


def delivered(kept: Path) -> list[str]:
    return kept.read_text().splitlines() if kept.exists() else []


def stream_to(lab: Lab, function: str, **fields: Any) -> str:
    """A new table whose stream goes to the Lambda; its name."""
    table = lab.dynamodb.create_table(
        TableName=uuid.uuid4().hex,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    lab.functions.create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=table["LatestStreamArn"],
        StartingPosition="TRIM_HORIZON",
        **fields,
    )
    return table["TableName"]


def put(lab: Lab, table: str, key: str, kept: Path) -> None:
    lab.dynamodb.put_item(TableName=table, Item={"id": {"S": key}, "file": {"S": str(kept)}})


def deliver_two(lab: Lab, kept: Path, **fields: Any) -> None:
    """Have a Lambda take two records of a stream, each of which it names as failed the first time."""
    table = stream_to(lab, lab.worker, BatchSize=1, **fields)
    for key in ("first", "second"):
        put(lab, table, key, kept)
    eventually(lambda: "second" in delivered(kept))


def test_a_record_of_a_stream_that_failed_is_delivered_again_before_the_next(closed: Lab, kept: Path) -> None:
    deliver_two(closed, kept, FunctionResponseTypes=["ReportBatchItemFailures"])

    assert delivered(kept)[:3] == ["first", "first", "second"]


def test_failed_records_count_for_nothing_unless_the_stream_takes_them(closed: Lab, kept: Path) -> None:
    deliver_two(closed, kept)

    assert delivered(kept) == ["first", "second"]


def test_ministack_delivers_no_failed_record_of_a_stream_again(plain: Lab, kept: Path) -> None:
    deliver_two(plain, kept, FunctionResponseTypes=["ReportBatchItemFailures"])

    assert delivered(kept) == ["first", "second"]
