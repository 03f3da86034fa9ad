"""How full a local cloud's queue is."""

import time
from typing import TYPE_CHECKING

from local.cloud import LocalError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

POLL_SECONDS = 0.1


def held(sqs: "SQSClient", queue: str) -> int:
    """How many messages the queue holds, those under way included. Raises LocalError when there is no such queue."""
    try:
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        raise LocalError(f"The local cloud has no queue {queue}; deploy with `make up`.") from None
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])


def emptied(sqs: "SQSClient", queue: str, seconds: float) -> int:
    """Wait until the queue holds nothing; how many messages it still holds after so many seconds. Raises LocalError."""
    deadline = time.monotonic() + seconds
    while (left := held(sqs, queue)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return left
