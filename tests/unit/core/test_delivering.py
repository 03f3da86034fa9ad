"""A result on its way to the URL that its caller gave: sent, refused, tried again, raced, parked and sent once more."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from core import aws
from core.errors import DeliveryRefused, DeliveryUnavailable, SessionClosed, StaleExecution, UnknownSession
from core.record import Table
from local.cloud import free_port
from local.receiver import Receiver
from operations import redeliver_result
from tests.support import toy
from tests.support.interleaving import Fate, interleaved
from tests.support.tables import record_of

pytestmark = pytest.mark.usefixtures("shared_tables")

QUEUE = "deliveries-dead-test"
CALLS = 3  # of an undisturbed delivery: look, claim, note


@pytest.fixture(scope="module")
def listening() -> Iterator[Receiver]:
    with Receiver("c" * 32) as receiver:
        yield receiver


@pytest.fixture
def receiver(listening: Receiver) -> Receiver:
    listening.status = 200
    listening.received.clear()
    listening.rejected = 0
    return listening


@pytest.fixture(autouse=True)
def _nothing_parked(shared_tables: pytest.MonkeyPatch) -> None:
    parked()


def hand_over(session_id: str, url: str, execution: str = "first") -> Any:
    return toy.HAND_OVER(toy.event(execution, session_id, url=url), None)


def put_aside(session_id: str, url: str) -> Any:
    return toy.PUT_ASIDE(toy.event("first", session_id, url=url), None)


def parked() -> list[str]:
    """The bodies of what was parked since the last look."""
    url, found = aws.sqs().get_queue_url(QueueName=QUEUE)["QueueUrl"], []
    while messages := aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            found.append(message["Body"])
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def redeliver(*bodies: str) -> list[str]:
    """The messages that the consumer of redriven deliveries wants again."""
    records = [{"messageId": str(number), "body": body, "eventSource": "aws:sqs"} for number, body in enumerate(bodies)]
    failures = redeliver_result.handler({"Records": records}, None)["batchItemFailures"]
    return [failure["itemIdentifier"] for failure in failures]


def test_a_result_is_delivered_signed_and_the_ended_record_tells(receiver: Receiver) -> None:
    session_id = toy.finished_session()
    before = record_of(session_id)
    assert hand_over(session_id, receiver.url) == {"delivery": "delivered"}
    [delivered] = receiver.received
    assert delivered.body == {"toy": session_id}
    after = record_of(session_id)
    assert after["delivery"] == "delivered"
    assert after["steps"]["HandOver"]["status"] == "succeeded"
    same = ("status", "outcome", "progress", "phase", "ttl", "createdAt")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_a_receiver_that_is_down_is_tried_again_with_the_same_id(receiver: Receiver) -> None:
    session_id = toy.finished_session()
    receiver.status = 503
    with pytest.raises(DeliveryUnavailable, match="answered 503"):
        hand_over(session_id, receiver.url)
    record = record_of(session_id)
    assert (record["status"], record["delivery"]) == ("completed", "pending")
    assert record["steps"]["HandOver"]["error"]["type"] == "DeliveryUnavailable"
    receiver.status = 204
    hand_over(session_id, receiver.url)
    record = record_of(session_id)
    assert (record["delivery"], record["steps"]["HandOver"]["attempt"]) == ("delivered", 2)
    assert "error" not in record["steps"]["HandOver"]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 500])
def test_any_other_answer_than_2xx_counts_as_not_taken(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(DeliveryUnavailable, match=f"answered {status}"):
        hand_over(toy.finished_session(), receiver.url)


def test_a_receiver_that_is_gone_gets_no_second_request(receiver: Receiver) -> None:
    receiver.status = 410
    with pytest.raises(DeliveryRefused):
        hand_over(toy.finished_session(), receiver.url)


def test_nobody_listening_is_no_answer() -> None:
    with pytest.raises(DeliveryUnavailable, match="gave no answer"):
        hand_over(toy.finished_session(), f"http://127.0.0.1:{free_port()}/")


def test_a_host_that_is_not_on_the_list_is_sent_nothing() -> None:
    session_id = toy.finished_session()
    with pytest.raises(DeliveryRefused, match="at none of the origins"):
        hand_over(session_id, "https://evil.example.com/results?key=secret")
    assert "secret" not in json.dumps(record_of(session_id), default=str)


def test_what_was_delivered_is_not_delivered_again(receiver: Receiver) -> None:
    session_id = toy.finished_session()
    hand_over(session_id, receiver.url)
    version = record_of(session_id)["version"]
    assert hand_over(session_id, receiver.url) == {"delivery": "delivered"}
    assert put_aside(session_id, receiver.url) == {"delivery": "delivered"}
    assert len(receiver.received) == 1
    assert parked() == []
    assert record_of(session_id)["version"] == version


def test_only_the_session_s_own_execution_delivers_and_only_a_result(receiver: Receiver) -> None:
    session_id, running = toy.finished_session(), toy.new_session()
    toy.OPEN(toy.event("first", running, amount=7), None)
    with pytest.raises(StaleExecution):
        hand_over(session_id, receiver.url, execution="second")
    with pytest.raises(SessionClosed, match="processing: there is no result"):
        hand_over(running, receiver.url)
    with pytest.raises(UnknownSession):
        hand_over("never-was", receiver.url)
    assert receiver.received == []


def test_what_nobody_took_is_parked_and_redriven_once(receiver: Receiver) -> None:
    session_id = toy.finished_session()
    assert put_aside(session_id, receiver.url) == {"delivery": "failed"}
    record = record_of(session_id)
    assert (record["status"], record["delivery"]) == ("completed", "failed")
    [message] = parked()
    assert redeliver(message, message) == []
    assert [delivered.body for delivered in receiver.received] == [{"toy": session_id}]
    assert record_of(session_id)["delivery"] == "delivered"


def test_a_redriven_result_that_fails_again_stays_and_says_nothing_else(receiver: Receiver) -> None:
    first, second = toy.finished_session(), toy.finished_session()
    put_aside(first, f"http://127.0.0.1:{free_port()}/")
    put_aside(second, receiver.url)
    [lost, taken] = parked()
    assert redeliver(lost, taken) == ["0"]
    assert (record_of(first)["delivery"], record_of(second)["delivery"]) == ("failed", "delivered")


@pytest.mark.parametrize("left", ["nothing", "a later session"])
def test_a_redriven_result_is_delivered_though_its_record_is_no_more(receiver: Receiver, left: str) -> None:
    session_id = toy.finished_session()
    put_aside(session_id, receiver.url)
    Table("sessions-test").delete(record_of(session_id))
    if left == "a later session":
        toy.OPEN(toy.event("later", session_id, amount=7), None)
    before = record_of(session_id)
    assert redeliver(*parked()) == []
    assert len(receiver.received) == 1
    assert record_of(session_id) == before


def test_a_delivery_that_was_late_does_not_take_a_parked_one_back(receiver: Receiver) -> None:
    session_id = toy.finished_session()
    put_aside(session_id, receiver.url)
    receiver.status = 500
    with pytest.raises(DeliveryUnavailable):
        hand_over(session_id, receiver.url)
    assert record_of(session_id)["delivery"] == "failed"
    receiver.status = 200
    hand_over(session_id, receiver.url)
    assert record_of(session_id)["delivery"] == "delivered"
    assert redeliver(*parked()) == []
    assert len(receiver.received) == 1


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("fatal", range(CALLS))
def test_killed_at_any_call_and_tried_again_it_is_received_under_one_id(
    receiver: Receiver, fatal: int, fate: Fate
) -> None:
    session_id = toy.finished_session()
    with interleaved():
        victim = toy.deliver(toy.HAND_OVER, "first", session_id, url=receiver.url)
        for _ in range(fatal):
            victim.step()
        victim.step(fate)
        assert victim.done
        assert victim.output is None
    hand_over(session_id, receiver.url)
    assert {delivered.webhook_id for delivered in receiver.received} == {receiver.received[0].webhook_id}
    record = record_of(session_id)
    assert (record["delivery"], record["steps"]["HandOver"]["status"]) == ("delivered", "succeeded")


@pytest.mark.parametrize("order", range(2**4))
def test_two_at_once_end_as_delivered_in_every_order(receiver: Receiver, order: int) -> None:
    session_id = toy.finished_session()
    with interleaved():
        twins = [toy.deliver(toy.HAND_OVER, "first", session_id, url=receiver.url) for _ in range(2)]
        for turn in range(4):
            if not twins[order >> turn & 1].done:
                twins[order >> turn & 1].step()
        first, second = (twin.finish() for twin in twins)
    assert (first.error, second.error) == (None, None)
    assert first.output == second.output == {"delivery": "delivered"}
    assert record_of(session_id)["delivery"] == "delivered"
    assert len({delivered.webhook_id for delivered in receiver.received}) == 1
