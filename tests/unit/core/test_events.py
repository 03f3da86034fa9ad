"""Events for other systems: what is put on the stage's bus, and what is tried again."""

import json
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from core import aws
from core.aws import named_errors
from core.errors import AwsUnavailable
from core.events import publish
from core.models import Model
from core.settings import WrongSettings, load
from tests.support.executions import unreachable

pytestmark = pytest.mark.usefixtures("shared_tables")


class ToyMade(Model):
    toy_id: str
    name: str


MADE = ToyMade(toy_id="t-1", name="두부")


@pytest.fixture(scope="module")
def subscribed(shared_tables: None) -> str:
    """The URL of a queue that gets what is put on the stage's bus."""
    url = boto3.client("sqs").create_queue(QueueName="at-the-bus")["QueueUrl"]
    pattern = '{"source": ["durable-workflows"]}'
    aws.events().put_rule(Name="all", EventBusName="platform-test", EventPattern=pattern)
    arn = "arn:aws:sqs:us-east-1:123456789012:at-the-bus"
    aws.events().put_targets(Rule="all", EventBusName="platform-test", Targets=[{"Id": "queue", "Arn": arn}])
    return url


def test_an_event_comes_out_at_the_stage_s_bus_with_source_kind_and_camel_case_detail(subscribed: str) -> None:
    publish("toy.made", MADE)
    (message,) = aws.sqs().receive_message(QueueUrl=subscribed)["Messages"]
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("durable-workflows", "toy.made")
    assert event["detail"] == {"toyId": "t-1", "name": "두부"}


def test_an_entry_that_the_bus_did_not_take_is_tried_again_and_its_words_are_not_told() -> None:
    entry = {"ErrorCode": "InternalFailure", "ErrorMessage": "hush"}
    answer: Any = {"FailedEntryCount": 1, "Entries": [entry]}
    with patch.object(aws.events(), "put_events", return_value=answer), pytest.raises(AwsUnavailable) as failure:
        publish("toy.made", MADE)
    assert str(failure.value) == "PutEvents: InternalFailure"


def test_a_bus_that_cannot_be_reached_is_unavailable() -> None:
    with unreachable("put_events", aws.events()), pytest.raises(AwsUnavailable), named_errors():
        publish("toy.made", MADE)


def test_without_a_bus_in_the_environment_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVENT_BUS")
    load.cache_clear()
    with pytest.raises(WrongSettings, match="EVENT_BUS: field required"):
        publish("toy.made", MADE)
    load.cache_clear()
