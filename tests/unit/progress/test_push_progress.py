"""What everybody is told as a session's record changes: each version in its turn, and none after a newer one."""

import json
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from core import aws, clock, rows
from core.settings import load
from progress import push_progress
from tests.support.clock import at
from tests.unit.progress.clients import (
    Clients,
    change,
    changed,
    new_session,
    push,
    watchers_of,
    watching,
)

pytestmark = pytest.mark.usefixtures("connections")

FIFO = "arn:aws:sns:us-east-1:123456789012:progress.fifo"


@pytest.fixture
def events() -> Any:
    """The details of the events that are put on the bus."""
    put: list[Any] = []
    real = aws.events().put_events

    def keep(**request: Any) -> Any:
        put.extend(request["Entries"])
        return real(**request)

    with patch.object(aws.events(), "put_events", keep):
        yield put


def versions(events: list[Any], session_id: str) -> list[int]:
    details = [json.loads(entry["Detail"]) for entry in events]
    return [detail["version"] for detail in details if detail["sessionId"] == session_id]


class TestWhatIsPushed:
    def test_a_watcher_sees_a_snapshot_and_then_each_version(self, clients: Clients) -> None:
        record = new_session()
        watcher = watching(record["sessionId"])
        for phase in ("work", "rest"):
            record = changed(record, phase=phase, progress=10 * record["version"])
            assert push(record) == []
        assert clients.versions(watcher) == [1, 2, 3]
        assert clients.last(watcher) == {
            "type": "progress",
            "sessionId": record["sessionId"],
            "workflow": "toy",
            "status": "processing",
            "phase": "rest",
            "progress": 20,
            "version": 3,
            "attempt": 1,
            "updatedAt": record["updatedAt"],
        }

    def test_a_wait_an_outcome_an_error_and_counted_items_are_shown_and_neither_owner_nor_outputs(
        self, clients: Clients
    ) -> None:
        record = new_session()
        watcher = watching(record["sessionId"])
        waiting = {"callbackId": "c" * 32, "kind": "approval", "step": "Ask", "expiresAt": "2026-11-22T09:00:00.000Z"}
        error = {"type": "NoSuchThing", "message": "there is none", "step": "Work"}
        entry = {"status": "running", "attempt": 1, "startedAt": clock.now(), "items": {"done": 2, "of": 7}}
        steps = {"Extract": entry, "Work": {key: value for key, value in entry.items() if key != "items"}}
        push(changed(record, waitingFor=waiting, outcome="good", error=error, steps=steps, carried={"visit": 2}))
        told = clients.last(watcher)
        assert (told["waitingFor"], told["outcome"], told["error"]) == (waiting, "good", error)
        assert told["items"] == {"Extract": {"done": 2, "of": 7}}
        assert not {"owner", "steps", "carried", "inputHash", "executionArn"} & told.keys()

    def test_only_who_subscribed_is_sent_anything(self, clients: Clients) -> None:
        record, other = new_session(), new_session()
        watcher, stranger = watching(record["sessionId"]), watching(other["sessionId"])
        push(changed(record))
        assert clients.versions(watcher) == [1, 2]
        assert clients.versions(stranger) == [1]

    def test_a_session_that_begins_anew_under_a_used_id_is_pushed_from_its_first_version(
        self, clients: Clients
    ) -> None:
        record = changed(new_session())
        watcher = watching(record["sessionId"])
        push(record)
        with at("2036-01-01T09:00Z"):
            push({**record, "createdAt": clock.now(), "version": 1})
        assert clients.versions(watcher) == [2, 1]


class TestWhatProgramsAreTold:
    def test_an_event_of_each_version_without_nulls(self, events: list[Any]) -> None:
        record = changed(new_session())
        push(record)
        [entry] = events
        assert (entry["EventBusName"], entry["Source"]) == ("platform-test", "durable-workflows")
        assert entry["DetailType"] == "session.progress"
        assert json.loads(entry["Detail"]) == {
            "sessionId": record["sessionId"],
            "workflow": "toy",
            "status": "processing",
            "phase": "starting",
            "progress": 0,
            "version": 2,
            "attempt": 1,
            "updatedAt": record["updatedAt"],
        }

    def test_the_stage_s_topic_in_the_session_s_order_where_it_can_keep_one(
        self, connections: pytest.MonkeyPatch
    ) -> None:
        topic = aws.sns().create_topic(Name="progress.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
        queue = boto3.client("sqs")
        url = queue.create_queue(QueueName="told.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        aws.sns().subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:told.fifo")
        record = changed(new_session(), status="completed")
        with_topic(connections, topic, record)
        [message] = queue.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
        told = json.loads(message["Body"])
        assert json.loads(told["Message"])["version"] == 2
        assert {name: each["Value"] for name, each in told["MessageAttributes"].items()} == {
            "sessionId": record["sessionId"],
            "workflow": "toy",
            "status": "completed",
        }
        assert message["Attributes"]["MessageGroupId"] == record["sessionId"]
        assert message["Attributes"]["MessageDeduplicationId"] == f"{record['sessionId']}-2"

    def test_a_topic_that_keeps_no_order_too(self, connections: pytest.MonkeyPatch) -> None:
        topic = aws.sns().create_topic(Name="progress")["TopicArn"]
        with_topic(connections, topic, changed(new_session()))


def with_topic(environment: pytest.MonkeyPatch, topic: str, record: Any) -> None:
    """Pushes a version while the stage has a topic."""
    environment.setenv("PROGRESS_TOPIC", topic)
    load.cache_clear()
    try:
        assert push(record) == []
    finally:
        environment.delenv("PROGRESS_TOPIC")
        load.cache_clear()


class TestOrder:
    def test_after_a_version_that_failed_none_of_its_session_goes_on_and_those_of_others_do(
        self, events: list[Any]
    ) -> None:
        second = changed(new_session())
        third, other = changed(second), changed(new_session())
        with patch.object(aws.events(), "put_events", failing_once(aws.events().put_events)):
            assert push(second, third, other) == [change(second)["eventID"], change(third)["eventID"]]
        assert versions(events, second["sessionId"]) == []
        assert versions(events, other["sessionId"]) == [2]
        assert push(second, third, other) == []
        assert versions(events, second["sessionId"]) == [2, 3]
        assert versions(events, other["sessionId"]) == [2]

    def test_a_push_that_fails_is_made_before_any_later_one_of_its_session(self, clients: Clients) -> None:
        second = changed(new_session())
        watcher, third = watching(second["sessionId"]), changed(second)
        fourth = changed(third)
        clients.refusals = ["LimitExceededException"]
        assert len(push(third, fourth)) == 2
        assert push(third, fourth) == []
        assert clients.versions(watcher) == [2, 3, 4]

    def test_a_stream_that_is_read_again_from_its_beginning_repeats_nothing(
        self, clients: Clients, events: list[Any]
    ) -> None:
        record = new_session()
        watcher = watching(record["sessionId"])
        history = [record]
        for _ in range(4):
            history.append(changed(history[-1]))
        for _ in range(2):
            assert push(*history) == []
        assert clients.versions(watcher) == [1, 2, 3, 4, 5]
        assert versions(events, record["sessionId"]) == [1, 2, 3, 4, 5]

    def test_a_row_that_is_no_record_holds_up_nothing(self, events: list[Any]) -> None:
        record = new_session()
        row = {"sessionId": record["sessionId"], "status": "by hand"}
        image = {"Keys": rows.to_item({"sessionId": row["sessionId"]}), "NewImage": rows.to_item(row)}
        by_hand = {"eventName": "MODIFY", "dynamodb": {**image, "SequenceNumber": "1"}}
        assert push_progress.handler({"Records": [by_hand, change(record)]}, None) == {"batchItemFailures": []}
        assert versions(events, record["sessionId"]) == [1]


def failing_once(real: Any) -> Any:
    """The call as it is, but the first is throttled."""
    answers = iter([{"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}])
    return lambda **request: next(answers, None) or real(**request)


class TestClientsThatGetNothing:
    def test_one_that_has_gone_is_dropped_and_the_others_get_theirs(self, clients: Clients) -> None:
        record = new_session()
        gone, left = watching(record["sessionId"]), watching(record["sessionId"])
        clients.gone.add(gone)
        assert push(changed(record)) == []
        assert clients.versions(left) == [1, 2]
        assert watchers_of(record["sessionId"]) == [left]

    @pytest.mark.parametrize("code", ["LimitExceededException", "ForbiddenException"])
    def test_one_whose_pushes_keep_failing_is_cut_off_after_a_minute(self, clients: Clients, code: str) -> None:
        record = new_session()
        failing = watching(record["sessionId"])
        after = changed(record)
        clients.refusals = [code] * 2
        assert push(after) == [change(after)["eventID"]]
        with at(clock.ahead(push_progress.PATIENCE_SECONDS + 1)):
            assert push(after) == []
        assert clients.closed == [failing]
        assert push(changed(after)) == []
        assert clients.versions(failing) == [1]

    def test_what_was_told_is_forgotten_after_the_stream_has(self) -> None:
        record = changed(new_session())
        push(record)
        row = rows.get("connections-test", {"subject": record["sessionId"], "watcher": "-"})
        assert row is not None
        assert row["ttl"] > clock.expiry(days=1)
