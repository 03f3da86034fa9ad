"""What the app sends to people: on the local cloud a queue takes it all, and nothing takes it out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
import urllib3
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from local.cloud import ACCOUNT, REGION, Cloud
from local.queues import emptied

QUEUE = "mailbox"
AUDIENCES = ("approvers", "customers", "members")
OUTBOX = "notifications-local.fifo"
"""What the app has yet to send."""
SEND_SECONDS = 30


@dataclass(frozen=True)
class Letter:
    """A notification that was published: when, to which audience, and what its subscribers get."""

    at: datetime
    audience: str
    recipient: str
    workflow: str
    session_id: str
    subject: str
    text: str


def open_mailbox(cloud: Cloud) -> None:
    """Subscribe the mailbox to the app's topics, which must be there; an open one is left as it is."""
    sqs = boto3.client("sqs", **cloud.connection())
    sns = boto3.client("sns", **cloud.connection())
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": _arn("sqs", QUEUE),
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.create_queue(QueueName=QUEUE, Attributes={"Policy": policy})
    for audience in AUDIENCES:
        sns.subscribe(TopicArn=_arn("sns", f"{audience}-local"), Protocol="sqs", Endpoint=_arn("sqs", QUEUE))


def letters(cloud: Cloud) -> list[Letter]:
    """What was sent, oldest first; looking changes nothing.

    Raises LocalError when the cloud does not run.
    """
    query = {"account": ACCOUNT, "region": REGION, "QueueUrl": QUEUE}
    url = f"{cloud.connection()['endpoint_url']}/_ministack/sqs/messages"
    queues = urllib3.request("GET", url, fields=query).json()["messages"].get(ACCOUNT, {}).get(REGION, {})
    return [_letter(json.loads(message["Body"])) for queue in queues.values() for message in queue]


def print_notifications(cloud: Cloud, console: Console) -> None:
    """Print what was sent to people, the newest last.

    Raises LocalError when the cloud does not run.
    """
    sent = letters(cloud)
    for letter in sent:
        who = f"to {letter.recipient} ({letter.audience}), session {letter.session_id}"
        console.print(f"[bold]{escape(letter.subject)}[/]\n[dim]{letter.at:%H:%M:%S} {escape(who)}[/]")
        console.print(f"{letter.text}\n", markup=False)
    if not sent:
        console.print("Nothing was sent yet.")


def print_told(cloud: Cloud, session_id: str, console: Console) -> None:
    """Print whom the app has told of a session, once all is sent that was to be; nothing where it has told nobody.

    Raises LocalError when the cloud does not run, or does not hold the app.
    """
    emptied(boto3.client("sqs", **cloud.connection()), OUTBOX, SEND_SECONDS)
    sent = [letter for letter in letters(cloud) if letter.session_id == session_id]
    if not sent:
        return
    table = Table("Told", "What", "", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for letter in sent:
        says = letter.text.partition("\n")[0]
        table.add_row(*map(escape, (letter.recipient, letter.subject, "" if says == letter.subject else says)))
    console.print()
    console.print(table)


def _letter(envelope: Mapping[str, Any]) -> Letter:
    """What the topic hands on, which may also be what somebody published by hand, without subject and attributes.

    https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
    """
    attributes = {name: each["Value"] for name, each in envelope.get("MessageAttributes", {}).items()}
    return Letter(
        at=datetime.fromisoformat(envelope["Timestamp"]),
        audience=envelope["TopicArn"].rpartition(":")[2].removesuffix("-local"),
        recipient=attributes.get("recipient", "all"),
        workflow=attributes.get("workflow", ""),
        session_id=attributes.get("sessionId", ""),
        subject=envelope.get("Subject", ""),
        text=envelope["Message"],
    )


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"
