"""`make redrive-deliveries`: on queues that the tests consume themselves, and on a search that nobody took at first."""

import io
import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
import pytest
from rich.console import Console

from local import redrive
from local.cloud import Cloud, LocalError
from local.deploy import state_machines
from local.receiver import Receiver
from tests.local.conftest import Lab
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

pytestmark = pytest.mark.xdist_group("local_cloud")


def redriven(cloud: Cloud) -> str:
    """What the command prints."""
    console = Console(file=io.StringIO())
    redrive.redrive(cloud, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().strip()


class Queues:
    """The two queues, as new ones that no Lambda consumes."""

    def __init__(self, sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch) -> None:
        self.sqs = sqs
        dead, deliveries = (uuid.uuid4().hex for _ in range(2))
        monkeypatch.setattr(redrive, "DEAD", dead)
        monkeypatch.setattr(redrive, "DELIVERIES", deliveries)
        self.dead = sqs.create_queue(QueueName=dead)["QueueUrl"]
        policy = json.dumps({"deadLetterTargetArn": redrive._arn(dead), "maxReceiveCount": 1})
        self.deliveries = sqs.create_queue(
            QueueName=deliveries, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"}
        )["QueueUrl"]

    def park(self, count: int) -> None:
        for _ in range(count):
            self.sqs.send_message(QueueUrl=self.dead, MessageBody="a result")

    def consume(self) -> None:
        """Deliver the first message; the others fail, and are parked again."""
        messages = self.sqs.receive_message(QueueUrl=self.deliveries, MaxNumberOfMessages=10)["Messages"]
        self.sqs.delete_message(QueueUrl=self.deliveries, ReceiptHandle=messages[0]["ReceiptHandle"])
        self.sqs.receive_message(QueueUrl=self.deliveries)


@pytest.fixture
def queues(closed: Lab, monkeypatch: pytest.MonkeyPatch) -> Queues:
    return Queues(closed.sqs, monkeypatch)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Has something done while the command waits."""
    return lambda act: monkeypatch.setattr("local.queues.time.sleep", lambda _seconds: act())


def test_it_says_what_was_delivered_and_what_is_parked_again(
    closed: Lab, queues: Queues, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    queues.park(3)
    meanwhile(queues.consume)

    assert redriven(closed.cloud) == "Deliveries: 3 parked, 1 delivered now, 2 parked again."


def test_it_does_not_wait_for_ever_for_what_fails(closed: Lab, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    queues.park(2)
    monkeypatch.setattr(redrive, "WAIT_SECONDS", 0.2)

    said = "Deliveries: 2 parked, 0 delivered now, 0 parked again, 2 not taken yet and to be tried again."
    assert redriven(closed.cloud) == said


@pytest.mark.usefixtures("queues")
def test_where_nothing_is_parked_it_says_so(closed: Lab) -> None:
    assert redriven(closed.cloud) == "No delivery is parked."


def test_a_cloud_without_the_queues_is_told_to_deploy(plain: Lab) -> None:
    with pytest.raises(LocalError, match="make up"):
        redriven(plain.cloud)


def search(cloud: Cloud, callback_url: str) -> str:
    """Start a search that needs no review; its id."""
    search_id = f"redrive-{uuid.uuid4().hex}"
    seeker = {"user_id": "user-1", "level": 1, "languages": ["en"], "disciplines": ["carving"]}
    criteria = {"resort": "nowhere", "start_date": "2027-01-10", "end_date": "2027-01-12", "kind": "buddy"}
    given = {"search_id": search_id, "seeker": seeker, "criteria": criteria, "callback_url": callback_url}
    boto3.client("stepfunctions", **cloud.connection()).start_execution(
        stateMachineArn=state_machines(cloud)["matching"], name=search_id, input=json.dumps(given)
    )
    return search_id


def test_a_result_that_was_refused_is_parked_and_once_redriven_received_once(deployed_cloud: Cloud) -> None:
    sessions = boto3.resource("dynamodb", **deployed_cloud.connection()).Table("sessions-local")
    secrets = boto3.client("secretsmanager", **deployed_cloud.connection())
    secret = secrets.get_secret_value(SecretId="deliveries-local")["SecretString"]

    def has_delivery(status: str) -> bool:
        record = sessions.get_item(Key={"sessionId": search_id}, ConsistentRead=True).get("Item", {})
        return record.get("delivery") == status

    with Receiver(secret) as receiver:
        receiver.status = 410
        search_id = search(deployed_cloud, receiver.url)
        eventually(lambda: has_delivery("failed"))
        receiver.status = 200
        said = redriven(deployed_cloud)

    assert said == "Deliveries: 1 parked, 1 delivered now, 0 parked again."
    assert [delivered.body["search_id"] for delivered in receiver.received] == [search_id]
    assert has_delivery("delivered")
