"""The stateful stack's tables, for moto, and what tests look up in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto import mock_aws

from core import aws, rows


@contextmanager
def fresh_tables() -> Iterator[None]:
    """An empty AWS in moto, whose Step Functions runs machines, with the three tables of stage `test`."""
    aws.dynamodb.cache_clear()
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}):
        create_tables("test")
        yield


def create_tables(stage: str) -> None:
    """Creates sessions, steps and results as infra/stateful.py does (tests/infra compares the two)."""
    client = aws.dynamodb()
    client.create_table(
        TableName=f"sessions-{stage}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "sessionId", "AttributeType": "S"},
            {"AttributeName": "openWorkflow", "AttributeType": "S"},
            {"AttributeName": "createdAt", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "sessionId", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "open-sessions",
                "KeySchema": [
                    {"AttributeName": "openWorkflow", "KeyType": "HASH"},
                    {"AttributeName": "createdAt", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    client.create_table(
        TableName=f"steps-{stage}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "sessionId", "AttributeType": "S"},
            {"AttributeName": "stepKey", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "sessionId", "KeyType": "HASH"},
            {"AttributeName": "stepKey", "KeyType": "RANGE"},
        ],
    )
    client.create_table(
        TableName=f"results-{stage}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "sessionId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "sessionId", "KeyType": "HASH"}],
    )


def record_of(session_id: str, stage: str = "test") -> Any:
    """The session record, or None."""
    return rows.get(f"sessions-{stage}", {"sessionId": session_id})


def result_of(session_id: str, stage: str = "test") -> Any:
    """The row of the session's result, or None."""
    return rows.get(f"results-{stage}", {"sessionId": session_id})


def every_row(table: str) -> list[Any]:
    """All rows of a table."""
    pages = aws.dynamodb().get_paginator("scan").paginate(TableName=table)
    return [rows.from_item(item) for page in pages for item in page["Items"]]
