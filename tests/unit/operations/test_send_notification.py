"""Queued notifications on their way to the topic of their audience."""

import json
from typing import Any

import boto3
import pytest

from core import aws
from core.notifications import Notification, notify
from core.settings import WrongSettings, load
from operations import send_notification
from tests.support.tables import notifications


class Mailbox:
    """What comes out at a topic."""

    def __init__(self, name: str) -> None:
        self.topic: str = aws.sns().create_topic(Name=name)["TopicArn"]
        self._queue = boto3.client("sqs").create_queue(QueueName=f"at-{name}")["QueueUrl"]
        aws.sns().subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:123456789012:at-{name}"
        )

    def received(self) -> list[Any]:
        found = []
        while messages := aws.sqs().receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in messages]
            for message in messages:
                aws.sqs().delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture(scope="module")
def approvers(shared_tables: pytest.MonkeyPatch) -> Mailbox:
    mailbox = Mailbox("approvers-test")
    shared_tables.setenv("APPROVERS_TOPIC", mailbox.topic)
    return mailbox


@pytest.fixture(scope="module", autouse=True)
def customers(shared_tables: pytest.MonkeyPatch, approvers: Mailbox) -> Mailbox:
    mailbox = Mailbox("customers-test")
    shared_tables.setenv("CUSTOMERS_TOPIC", mailbox.topic)
    return mailbox


@pytest.fixture(scope="module", autouse=True)
def members(shared_tables: pytest.MonkeyPatch) -> Mailbox:
    mailbox = Mailbox("members-test")
    shared_tables.setenv("MEMBERS_TOPIC", mailbox.topic)
    return mailbox


def notification(audience: Any, text: str = "hello", session_id: str = "s1") -> Notification:
    return Notification(
        audience=audience,
        recipient="cust-123",
        workflow="order",
        session_id=session_id,
        subject="Your order",
        text=text,
    )


def send(*bodies: str) -> list[str]:
    """Invokes the Lambda with messages of these bodies. The numbers of those that stay in the queue."""
    records = [
        {"messageId": str(number), "body": body, "attributes": {"MessageDeduplicationId": f"once-{number}"}}
        for number, body in enumerate(bodies)
    ]
    answer = send_notification.handler({"Records": records}, None)
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_what_a_step_queues_comes_out_at_its_audience_s_topic_with_what_subscribers_filter_by(
    approvers: Mailbox, customers: Mailbox
) -> None:
    notify(notification("customers", "Paid: 두부"), "1")
    (queued,) = notifications()
    assert send(json.dumps(queued)) == []
    (received,) = customers.received()
    assert (received["Subject"], received["Message"]) == ("Your order", "Paid: 두부")
    assert received["MessageAttributes"] == {
        "recipient": {"Type": "String", "Value": "cust-123"},
        "workflow": {"Type": "String", "Value": "order"},
        "sessionId": {"Type": "String", "Value": "s1"},
        "notificationId": {"Type": "String", "Value": "once-0"},
    }
    assert approvers.received() == []


def test_each_audience_has_a_topic_of_its_own(approvers: Mailbox, customers: Mailbox, members: Mailbox) -> None:
    for audience in ("approvers", "members"):
        assert send(notification(audience).model_dump_json(by_alias=True)) == []
    assert [len(each.received()) for each in (approvers, customers, members)] == [1, 0, 1]


def test_what_cannot_be_sent_stays_in_the_queue_with_all_after_it_in_their_order(
    customers: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [notification("customers", text).model_dump_json(by_alias=True) for text in ("first", "third")]
    bodies.insert(1, notification("approvers", "second").model_dump_json(by_alias=True))
    with monkeypatch.context() as wrong:
        wrong.setenv("APPROVERS_TOPIC", "arn:aws:sns:us-east-1:123456789012:gone")
        load.cache_clear()
        assert send(*bodies) == ["1", "2"]
    load.cache_clear()
    assert [received["Message"] for received in customers.received()] == ["first"]


def test_a_message_that_is_no_notification_stays_and_its_words_are_in_no_log(
    capsys: pytest.CaptureFixture[str], customers: Mailbox
) -> None:
    assert send('{"text": "hush"}', notification("customers").model_dump_json(by_alias=True)) == ["0", "1"]
    assert "hush" not in capsys.readouterr().out
    assert customers.received() == []


def test_neither_text_nor_recipient_is_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert send(notification("customers", "hush").model_dump_json(by_alias=True)) == []
    told = capsys.readouterr().out
    assert "hush" not in told
    assert "cust-123" not in told


def test_the_same_notification_is_queued_once_and_another_session_s_beside_it() -> None:
    for text in ("once", "twice"):
        notify(notification("customers", text), "same")
    notify(notification("customers", "other", "s2"), "another")
    assert [queued["text"] for queued in notifications()] == ["once", "other"]


def test_a_missing_queue_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFICATIONS_QUEUE_URL")
    load.cache_clear()
    with pytest.raises(WrongSettings, match="NOTIFICATIONS_QUEUE_URL"):
        notify(notification("customers"), "1")
    load.cache_clear()
