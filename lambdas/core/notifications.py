"""Telling people: one message on a queue. operations/send_notification.py publishes it, is retried, and parks what it
cannot publish, so that no step waits for a notification or fails over it.
"""

from typing import Literal

from pydantic import Field

from core import aws
from core.models import Model
from core.settings import Settings, load


class NotificationSettings(Settings):
    """What a step that tells people reads."""

    notifications_queue_url: str = Field(min_length=1)


class Notification(Model):
    """What is said to whom. The audience is the topic, the recipient what its subscribers filter by.

    approvers: who is asked to decide. customers: who has ordered. members: the people of the platform.
    """

    audience: Literal["approvers", "customers", "members"]
    recipient: str
    workflow: str
    session_id: str
    subject: str = Field(max_length=100)
    text: str


def notify(notification: Notification, deduplication_id: str) -> None:
    """Queues a notification. The same deduplication_id within five minutes is queued once:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
    """
    aws.sqs().send_message(
        QueueUrl=load(NotificationSettings).notifications_queue_url,
        MessageBody=notification.model_dump_json(by_alias=True),
        MessageGroupId=notification.session_id,
        MessageDeduplicationId=deduplication_id,
    )
