"""Dead letters that are sent again: possible in the local cloud, unknown to MiniStack as it is.

When the test named `test_ministack_…` fails, MiniStack has closed the gap: remove the fix with its tests.
"""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from local.cloud import ACCOUNT, REGION
from tests.local.conftest import Lab

pytestmark = pytest.mark.xdist_group("local_cloud")


class Queues:
    """A queue and its dead-letter queue."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.sqs = lab, lab.sqs
        self.dead = self.new()
        policy = json.dumps({"deadLetterTargetArn": arn(self.dead), "maxReceiveCount": 1})
        self.source = self.sqs.create_queue(
            QueueName=uuid.uuid4().hex, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"}
        )["QueueUrl"]

    def new(self) -> str:
        """A new queue; its URL."""
        return self.sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]

    def send(self, url: str, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=url, MessageBody=body)

    def let_die(self, *bodies: str) -> None:
        """Have messages given up on by the source: each is received once, and never deleted."""
        self.send(self.source, *bodies)
        self.received(self.source)
        assert self.received(self.source) == []  # moves them

    def received(self, url: str) -> list[str]:
        """The bodies of what the queue gives out."""
        messages = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in messages]

    def tasks(self) -> list[dict[str, object]]:
        """What is listed of the moves, the newest first, without their times."""
        tasks = self.sqs.list_message_move_tasks(SourceArn=arn(self.dead), MaxResults=10)["Results"]
        return [{name: value for name, value in task.items() if name != "StartedTimestamp"} for task in tasks]


def arn(url: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rpartition('/')[2]}"


@pytest.fixture
def queues(closed: Lab) -> Queues:
    return Queues(closed)


def test_dead_letters_are_moved_to_the_queue_that_is_named(queues: Queues) -> None:
    elsewhere = queues.new()
    queues.send(queues.dead, "one", "two")

    task = queues.sqs.start_message_move_task(SourceArn=arn(queues.dead), DestinationArn=arn(elsewhere))

    assert task["TaskHandle"]
    assert queues.received(queues.dead) == []
    assert queues.received(elsewhere) == ["one", "two"]
    assert queues.tasks() == [
        {
            "Status": "COMPLETED",
            "SourceArn": arn(queues.dead),
            "DestinationArn": arn(elsewhere),
            "ApproximateNumberOfMessagesMoved": 2,
            "ApproximateNumberOfMessagesToMove": 2,
        }
    ]


def test_dead_letters_go_back_to_where_they_died_as_new_messages(queues: Queues) -> None:
    queues.let_die("one")

    queues.sqs.start_message_move_task(SourceArn=arn(queues.dead))

    (message,) = queues.sqs.receive_message(QueueUrl=queues.source, AttributeNames=["All"])["Messages"]
    assert (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) == ("one", "1")
    assert "DeadLetterQueueSourceArn" not in message["Attributes"]


def test_a_message_that_did_not_die_has_no_way_back(queues: Queues) -> None:
    queues.let_die("died")
    queues.send(queues.dead, "sent by hand", "too")

    queues.sqs.start_message_move_task(SourceArn=arn(queues.dead))

    (task,) = queues.tasks()
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert (task["ApproximateNumberOfMessagesMoved"], task["ApproximateNumberOfMessagesToMove"]) == (1, 3)
    assert queues.received(queues.dead) == ["sent by hand", "too"]


def test_what_somebody_works_on_stays(queues: Queues) -> None:
    queues.send(queues.dead, "one")
    queues.received(queues.dead)

    queues.sqs.start_message_move_task(SourceArn=arn(queues.dead), DestinationArn=arn(queues.source))

    assert queues.received(queues.source) == []


def test_of_several_moves_the_newest_is_listed_first_and_alone_by_default(queues: Queues) -> None:
    for url in (queues.source, queues.new()):
        queues.sqs.start_message_move_task(SourceArn=arn(queues.dead), DestinationArn=arn(url))

    (newest,) = queues.sqs.list_message_move_tasks(SourceArn=arn(queues.dead))["Results"]

    assert newest["DestinationArn"] == arn(url)
    assert len(queues.tasks()) == 2


def test_a_queue_that_takes_no_dead_letters_is_refused(queues: Queues) -> None:
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue") as refused:
        queues.sqs.start_message_move_task(SourceArn=arn(queues.source))

    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_queues_that_are_not_there_are_refused(queues: Queues) -> None:
    missing = arn("/missing")

    with pytest.raises(queues.sqs.exceptions.ResourceNotFoundException, match="SourceArn"):
        queues.sqs.start_message_move_task(SourceArn=missing)
    with pytest.raises(queues.sqs.exceptions.ResourceNotFoundException, match="DestinationArn"):
        queues.sqs.start_message_move_task(SourceArn=arn(queues.dead), DestinationArn=missing)


def test_a_grant_on_the_dead_letter_queue_is_what_a_move_needs(queues: Queues) -> None:
    def move(granted_on: str) -> None:
        sqs = boto3.client("sqs", **queues.lab.user("sqs:StartMessageMoveTask", granted_on))
        sqs.start_message_move_task(SourceArn=arn(queues.dead), DestinationArn=arn(queues.source))

    move(arn(queues.dead))
    with pytest.raises(ClientError, match="AccessDenied"):
        move(arn(queues.source))


def test_the_aws_cli_moves_dead_letters(queues: Queues) -> None:
    queues.send(queues.dead, "one")
    aws = Path(sys.executable).parent / "aws"
    environment = queues.lab.cloud.environment()

    done = subprocess.run(
        [
            aws, "sqs", "start-message-move-task", "--endpoint-url", environment["AWS_ENDPOINT_URL"],
            "--source-arn", arn(queues.dead), "--destination-arn", arn(queues.source),
        ],
        env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "TaskHandle" in done.stdout, done.stderr
    assert queues.received(queues.source) == ["one"]


def test_ministack_knows_no_message_moves(plain: Lab) -> None:
    with pytest.raises(ClientError, match="StartMessageMoveTask is not valid"):
        plain.sqs.start_message_move_task(SourceArn=arn("/dead"))
