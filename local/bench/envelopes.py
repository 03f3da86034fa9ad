"""What hands events to Lambdas, around them: EventBridge, streams of tables, queues."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from local.cloud import ACCOUNT, REGION


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def envelope(source: str, kind: str, detail: Mapping[str, Any], *resources: str) -> Any:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "source": source,
        "detail-type": kind,
        "account": ACCOUNT,
        "region": REGION,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "resources": resources,
        "detail": detail,
    }


def change(table: str, key: Any, item: Any) -> Any:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""
    changed = {"Keys": key, "NewImage": item, "SequenceNumber": "1", "StreamViewType": "NEW_IMAGE"}
    record = {
        "eventID": uuid.uuid4().hex,
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": arn("dynamodb", f"table/{table}/stream/2026-01-01T00:00:00.000"),
        "awsRegion": REGION,
        "dynamodb": changed,
    }
    return {"Records": [record]}


def message(queue: str, body: str, attributes: Mapping[str, str] | None = None) -> Any:
    """A message as its queue hands it over: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    record = {
        "messageId": str(uuid.uuid4()),
        "receiptHandle": "none",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", **(attributes or {})},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": arn("sqs", queue),
        "awsRegion": REGION,
    }
    return {"Records": [record]}
