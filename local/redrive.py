"""Sends again the results that nobody took: from their dead-letter queue back to the queue of deliveries."""

import boto3
from rich.console import Console

from local.cloud import ACCOUNT, REGION, Cloud
from local.queues import emptied, held

DEAD, DELIVERIES = "deliveries-dead-local", "deliveries-local"
WAIT_SECONDS = 30


def redrive(cloud: Cloud, console: Console) -> None:
    """Redrive the parked deliveries, wait until each was tried, and print what became of them.

    Raises LocalError when the cloud does not run, or has no such queues.
    """
    sqs = boto3.client("sqs", **cloud.connection())
    parked, earlier = held(sqs, DEAD), held(sqs, DELIVERIES)
    if not parked:
        console.print("No delivery is parked.")
        return
    sqs.start_message_move_task(SourceArn=_arn(DEAD), DestinationArn=_arn(DELIVERIES))
    left = emptied(sqs, DELIVERIES, WAIT_SECONDS)
    again = held(sqs, DEAD)
    said = f"{parked} parked, {parked + earlier - left - again} delivered now, {again} parked again"
    console.print(
        f"Deliveries: {said}{f', {left} not taken yet and to be tried again' if left else ''}.", soft_wrap=True
    )


def _arn(queue: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
