"""Starts of novel-analysis, which wait in a queue, and what of them is there to be seen."""

import json
from typing import Any

from core import aws
from tests.support.executions import create_machine
from tests.unit.api.calling import Answer, call

ARN = "arn:aws:states:us-east-1:123456789012:execution:novel-analysis-test"
STORY = {"title": "달 항아리", "text": "하나\n둘"}


def machines() -> str:
    """The API's setting: novel-analysis' machine, and one that no queue stands in front of."""
    names = ("novel-analysis", "ai-chef")
    return json.dumps({name: create_machine(name) for name in names})


def start(body: Any = None, *, workflow: str = "novel-analysis", **query: str) -> Answer:
    body = {"sessionId": "n-1", **STORY} if body is None else body
    return call("start_workflow", path={"workflow": workflow}, query=query, body=body)


def queued() -> list[Any]:
    """The messages that the queue was given since the last look."""
    url, found = aws.sqs().get_queue_url(QueueName="novel-analysis-events-test")["QueueUrl"], []
    while messages := aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            found.append(json.loads(message["Body"]))
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def fields(answer: Answer) -> set[str]:
    """What a refusal finds wrong."""
    return {detail["field"] for detail in answer.json["error"]["details"]}
