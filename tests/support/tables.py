"""The stateful stack's tables, for moto, and what tests look up in them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools.utilities.parameters import clear_caches
from moto import mock_aws

from core import aws, parameters, rows, settings
from core.callback_rows import callback_id_of
from tests.support.course_review import create_course_review_tables
from tests.support.matching import create_matching_tables
from tests.support.order import create_order_tables
from tests.support.skill_sync import create_skill_sync_tables

API_URL = "http://localhost/api"


@contextmanager
def fresh_tables() -> Iterator[None]:
    """An empty AWS in moto, whose Step Functions runs machines, with what the stateful stack has, of stage `test`."""
    clear_caches()  # type: ignore[no-untyped-call]  # of parameters; clients are good for any mock
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}):
        create_tables("test")
        create_messaging("test")
        create_order_tables("test")
        create_matching_tables("test")
        create_course_review_tables("test")
        create_skill_sync_tables("test")
        yield


def create_tables(stage: str) -> None:
    """Creates the tables that infra/stateful.py does (tests/infra compares the two)."""
    client = aws.dynamodb()
    client.create_table(
        TableName=f"sessions-{stage}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "sessionId", "AttributeType": "S"},
            {"AttributeName": "openWorkflow", "AttributeType": "S"},
            {"AttributeName": "workflow", "AttributeType": "S"},
            {"AttributeName": "owner", "AttributeType": "S"},
            {"AttributeName": "createdAt", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "sessionId", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": key, "KeyType": "HASH"},
                    {"AttributeName": "createdAt", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for index, key in (
                ("open-sessions", "openWorkflow"),
                ("by-workflow", "workflow"),
                ("by-owner", "owner"),
            )
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
    client.create_table(
        TableName=f"callbacks-{stage}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "callbackId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "callbackId", "KeyType": "HASH"}],
    )


def create_messaging(stage: str) -> None:
    """Creates the queues, the bucket, the secrets and the parameter that steps and the API use."""
    aws.sqs().create_queue(QueueName=f"notifications-{stage}.fifo", Attributes={"FifoQueue": "true"})
    aws.sqs().create_queue(QueueName=f"deliveries-dead-{stage}")
    aws.sqs().create_queue(QueueName=f"skill-sync-events-dead-{stage}")
    aws.sqs().create_queue(QueueName=f"novel-analysis-events-{stage}")
    aws.s3().create_bucket(Bucket=f"files-{stage}")
    aws.events().create_event_bus(Name=f"platform-{stage}")
    aws.secretsmanager().create_secret(Name=f"deliveries-{stage}", SecretString="c" * 32)
    aws.secretsmanager().create_secret(Name=f"approvals-{stage}", SecretString="a" * 64)
    aws.secretsmanager().create_secret(Name=f"webhooks-{stage}", SecretString="b" * 32)
    aws.ssm().put_parameter(Name=f"/durable-workflows/{stage}/api-url", Value=API_URL, Type="String")


def forget_settings() -> None:
    """Has settings and parameters read anew."""
    for cached in (settings.load, parameters._secrets, parameters._parameters):
        cached.cache_clear()
    clear_caches()  # type: ignore[no-untyped-call]


def notifications(stage: str = "test") -> list[Any]:
    """What was queued for people since the last look."""
    url = aws.sqs().get_queue_url(QueueName=f"notifications-{stage}.fifo")["QueueUrl"]
    found: list[Any] = []
    while messages := aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            found.append(json.loads(message["Body"]))
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def callback_of(session_id: str, step: str, stage: str = "test") -> Any:
    """The row of the question that a session's step asks, or None."""
    return rows.get(f"callbacks-{stage}", {"callbackId": callback_id_of(session_id, step)})


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
