"""skill-sync's tables in moto, practices and the events that tell of them, and what was told of profiles."""

import json
from typing import Any

from core import aws, rows

USER = "rider-7"
DRILLS: list[dict[str, Any]] = [
    {"drill": "garlands", "area": "edging", "score": 70},
    {"drill": "tail press", "area": "pressure", "score": 55.5},
]
_HEARD = "skill-profiles-heard"


def create_skill_sync_tables(stage: str) -> None:
    """Creates practices and skill-profiles as infra does, and a queue that hears of profiles on the bus."""
    client = aws.dynamodb()
    client.create_table(
        TableName=f"practices-{stage}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "userId", "AttributeType": "S"},
            {"AttributeName": "practiceId", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "userId", "KeyType": "HASH"},
            {"AttributeName": "practiceId", "KeyType": "RANGE"},
        ],
    )
    client.create_table(
        TableName=f"skill-profiles-{stage}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "userId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}],
    )
    queue = aws.sqs().create_queue(QueueName=_HEARD)["QueueUrl"]
    arn = aws.sqs().get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"detail-type": ["skill.profile.updated"]})
    aws.events().put_rule(Name=_HEARD, EventBusName=f"platform-{stage}", EventPattern=pattern)
    aws.events().put_targets(Rule=_HEARD, EventBusName=f"platform-{stage}", Targets=[{"Id": "1", "Arn": arn}])


def practice(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A practice of early 2025; a higher number is later."""
    at = f"2025-{1 + number // 28:02}-{1 + number % 28:02}T09:30:00Z"
    return {"practiceId": f"practice-{number}", "practicedAt": at, "drills": DRILLS, **fields}


def completed(done: Any, user_id: str = USER) -> dict[str, Any]:
    """The event that tells of a completed practice, as EventBridge delivers it."""
    return {
        "version": "0",
        "id": "6f1c8a52-0000-4000-8000-000000000000",
        "detail-type": "snowboard.practice.completed",
        "source": "snowboard-teaching",
        "detail": {"userId": user_id, **done},
    }


def batch(*bodies: Any) -> dict[str, Any]:
    """Messages of the queue in front of the start: events, or texts as they are."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "eventSource": "aws:sqs",
                "body": body if isinstance(body, str) else json.dumps(body),
            }
            for number, body in enumerate(bodies)
        ]
    }


def profile_of(user_id: str = USER, stage: str = "test") -> Any:
    """The row of the user's profile, or None."""
    return rows.get(f"skill-profiles-{stage}", {"userId": user_id})


def heard() -> list[Any]:
    """The details of the events about profiles since the last look."""
    url = aws.sqs().get_queue_url(QueueName=_HEARD)["QueueUrl"]
    found: list[Any] = []
    while messages := aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            found.append(json.loads(message["Body"])["detail"])
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found
