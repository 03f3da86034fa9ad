"""Publishes queued notifications to the topic of their audience.

Invoked with the queue `notifications`, which tries again what fails, and parks it in its dead-letter queue in the end.
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from typing import Any

from pydantic import Field

from core import aws
from core.batches import each_message_in_order
from core.notifications import Notification
from core.observability import logger
from core.rows import Json
from core.settings import Settings, load


class SendSettings(Settings):
    """The ARNs of the topics, by audience."""

    approvers_topic: str = Field(min_length=1)
    customers_topic: str = Field(min_length=1)
    members_topic: str = Field(min_length=1)


def handler(event: Json, _context: object) -> Any:
    """Answers which messages of the batch are to be sent again."""
    return each_message_in_order(event, _send)


def _send(message: Json) -> None:
    notification = Notification.model_validate_json(message["body"])
    settings = load(SendSettings)
    topics = {
        "approvers": settings.approvers_topic,
        "customers": settings.customers_topic,
        "members": settings.members_topic,
    }
    attributes = {
        "recipient": notification.recipient,
        "workflow": notification.workflow,
        "sessionId": notification.session_id,
        # SNS may deliver twice, and a step may be repeated after the queue has forgotten it: subscribers can tell.
        "notificationId": message["attributes"]["MessageDeduplicationId"],
    }
    with logger.append_context_keys(session_id=notification.session_id):
        aws.sns().publish(
            TopicArn=topics[notification.audience],
            Subject=notification.subject,
            Message=notification.text,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )
        logger.info("notification sent", extra={"audience": notification.audience})
