"""Sends again the results that nobody took: from their dead-letter queue back to the queue of deliveries."""

import time
from typing import TYPE_CHECKING

import boto3
from rich.console import Console

from local.cloud import ACCOUNT, REGION, Cloud, LocalError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

DEAD, DELIVERIES = "deliveries-dead-local", "deliveries-local"
WAIT_SECONDS = 30
POLL_SECONDS = 0.1


def redrive(cloud: Cloud, console: Console) -> None:
    """Redrive the parked deliveries, wait until each was tried, and print what became of them.

    Raises LocalError when the cloud does not run, or has no such queues.
    """
    sqs = boto3.client("sqs", **cloud.connection())
    parked, earlier = _waiting(sqs, DEAD), _waiting(sqs, DELIVERIES)
    if not parked:
        console.print("No delivery is parked.")
        return
    sqs.start_message_move_task(SourceArn=_arn(DEAD), DestinationArn=_arn(DELIVERIES))
    deadline = time.monotonic() + WAIT_SECONDS
    while (left := _waiting(sqs, DELIVERIES)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    again = _waiting(sqs, DEAD)
    said = f"{parked} parked, {parked + earlier - left - again} delivered now, {again} parked again"
    console.print(
        f"Deliveries: {said}{f', {left} not taken yet and to be tried again' if left else ''}.", soft_wrap=True
    )


def _waiting(sqs: "SQSClient", queue: str) -> int:
    """How many messages the queue holds, those under way included. Raises LocalError when there is no such queue."""
    try:
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        raise LocalError(f"The local cloud has no queue {queue}; deploy with `make up`.") from None
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])


def _arn(queue: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
