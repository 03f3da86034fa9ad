"""The receiver of delivered results."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import urllib3
from standardwebhooks.webhooks import Webhook

from local.receiver import Receiver

SECRET = "0123456789abcdefghijklmnopqrstuv"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(SECRET) as receiver:
        yield receiver


def deliver(receiver: Receiver, body: str, *, secret: str = SECRET, message_id: str = "msg_1") -> int:
    at = datetime.now(UTC)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body),
    }
    return urllib3.request("POST", receiver.url, body=body, headers=headers, retries=False).status


def test_what_is_signed_is_received_repetitions_too(receiver: Receiver) -> None:
    statuses = [deliver(receiver, '{"a": 1}') for _ in range(2)]

    assert statuses == [200, 200]
    assert receiver.received == [("msg_1", {"a": 1})] * 2


def test_what_another_signed_is_rejected(receiver: Receiver) -> None:
    assert deliver(receiver, "{}", secret="another0another0another0another0") == 401
    assert (receiver.received, receiver.rejected) == ([], 1)


def test_what_nobody_signed_is_rejected(receiver: Receiver) -> None:
    assert urllib3.request("POST", receiver.url, body=b"\xff").status == 401
    assert receiver.rejected == 1


def test_what_it_is_told_not_to_take_is_not_received_until_it_takes_it_again(receiver: Receiver) -> None:
    receiver.status = 503
    assert deliver(receiver, "{}") == 503
    assert receiver.received == []

    receiver.status = 202
    assert deliver(receiver, "{}") == 202
    assert receiver.received == [("msg_1", {})]


def test_somebody_who_waits_goes_on_when_it_comes(receiver: Receiver) -> None:
    sender = threading.Thread(target=deliver, args=(receiver, "{}"))
    sender.start()

    assert receiver.wait()
    sender.join()
    assert not receiver.wait(2, seconds=0)
