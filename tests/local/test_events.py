"""Events of the platform's bus on their way to a Lambda: rule, queue, Lambda, and what the Lambda fails."""

import json
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.cloud import ACCOUNT, REGION
from tests.local.conftest import Lab
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("local_cloud")

TRIES = 2


class Bus:
    """A bus whose events of source `tests` wait in a queue for a Lambda, and in another one once that failed them."""

    def __init__(self, lab: Lab) -> None:
        self.name, self._sqs = uuid.uuid4().hex, lab.sqs
        self._events = boto3.client("events", **lab.cloud.connection())
        self._events.create_event_bus(Name=self.name)
        self._dead, dead_arn = self._queue("dead", {})
        redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": TRIES})
        _, queue_arn = self._queue("waiting", {"RedrivePolicy": redrive, "VisibilityTimeout": "1"})
        pattern = json.dumps({"source": ["tests"]})
        self._events.put_rule(Name=self.name, EventBusName=self.name, EventPattern=pattern)
        self._events.put_targets(Rule=self.name, EventBusName=self.name, Targets=[{"Id": "1", "Arn": queue_arn}])
        lab.functions.create_event_source_mapping(
            FunctionName=lab.worker, EventSourceArn=queue_arn, FunctionResponseTypes=["ReportBatchItemFailures"]
        )

    def put(self, source: str, **detail: Any) -> None:
        entry: Any = {"EventBusName": self.name, "Source": source, "DetailType": "test", "Detail": json.dumps(detail)}
        assert self._events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def dead(self) -> list[dict[str, Any]]:
        """The events that the Lambda failed as often as it may."""
        answer = self._sqs.receive_message(QueueUrl=self._dead, VisibilityTimeout=0, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def _queue(self, kind: str, attributes: Any) -> tuple[str, str]:
        name = f"{self.name}-{kind}"
        url = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def test_an_event_that_its_lambda_fails_is_tried_again_alone_and_parked_in_the_end(closed: Lab, tmp_path: Path) -> None:
    bus, kept = Bus(closed), tmp_path / "delivered"

    bus.put("elsewhere", id="other", file=str(kept), fails=False)
    bus.put("tests", id="good", file=str(kept), fails=False)
    bus.put("tests", id="bad", file=str(kept), fails=True)

    eventually(lambda: bool(bus.dead()))
    assert sorted(kept.read_text().split()) == ["bad"] * TRIES + ["good"]
    [event] = bus.dead()
    assert event.keys() == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    }  # fmt: skip
    assert event["detail"]["id"] == "bad"


def test_a_grant_on_a_bus_lets_put_events_there_and_nowhere_else(closed: Lab) -> None:
    granted = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/granted"
    events = boto3.client("events", **closed.user("events:PutEvents", granted))
    entry: Any = {"Source": "tests", "DetailType": "test", "Detail": "{}"}

    assert events.put_events(Entries=[entry | {"EventBusName": "granted"}])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        events.put_events(Entries=[entry | {"EventBusName": "other"}])
