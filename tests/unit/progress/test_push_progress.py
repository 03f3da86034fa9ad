"""What everybody is told as a session's record changes: each version in its turn, and none after a newer one."""

import json
import socket
import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock, patch

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from core import aws, clock, rows
from core.settings import load
from progress import push_progress, sockets
from tests.unit.progress.clients import (
    Clients,
    change,
    changed,
    connect,
    new_session,
    push,
    refusal,
    subscribe,
    watchers_of,
    watching,
)

pytestmark = pytest.mark.usefixtures("connections")


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
        push({**record, "createdAt": clock.ahead(60), "version": 1})
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
        topic, messages = followed("progress.fifo")
        record = changed(new_session(), status="completed")
        with_topic(connections, topic, record)
        [message] = messages()
        told = json.loads(message["Body"])
        assert json.loads(told["Message"])["version"] == 2
        assert {name: each["Value"] for name, each in told["MessageAttributes"].items()} == {
            "sessionId": record["sessionId"],
            "workflow": "toy",
            "status": "completed",
        }
        assert message["Attributes"]["MessageGroupId"] == record["sessionId"]

    def test_a_fifo_topic_gets_the_first_version_of_a_session_that_begins_anew_within_minutes(
        self, connections: pytest.MonkeyPatch
    ) -> None:
        topic, messages = followed("anew.fifo")
        record = new_session()
        with_topic(connections, topic, record)
        with_topic(connections, topic, {**record, "createdAt": clock.ahead(60)})
        assert [json.loads(json.loads(message["Body"])["Message"])["version"] for message in messages()] == [1, 1]

    def test_a_topic_of_another_region(self, connections: pytest.MonkeyPatch) -> None:
        topic, messages = followed("abroad.fifo", "eu-central-1")
        with_topic(connections, topic, changed(new_session()))
        assert len(messages()) == 1

    def test_a_topic_that_keeps_no_order_too(self, connections: pytest.MonkeyPatch) -> None:
        topic = aws.sns().create_topic(Name="progress")["TopicArn"]
        with_topic(connections, topic, changed(new_session()))


def followed(name: str, region: str = "us-east-1") -> tuple[str, Callable[[], list[Any]]]:
    """A FIFO topic, and what tells the messages that came out of it."""
    sns, sqs = aws.sns(region), boto3.client("sqs", region_name=region)
    topic = sns.create_topic(Name=name, Attributes={"FifoTopic": "true"})["TopicArn"]
    url = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{region}:123456789012:{name}")

    def messages() -> list[Any]:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
        return list(answer.get("Messages", []))

    return topic, messages


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

    @pytest.mark.parametrize(
        "failure",
        [refusal("ForbiddenException", 403), EndpointConnectionError(endpoint_url="https://sockets.example")],
        ids=["no grant", "no connection to API Gateway"],
    )
    def test_a_push_that_no_client_can_be_blamed_for_comes_again_before_any_later_one_and_cuts_nobody_off(
        self, clients: Clients, failure: Exception
    ) -> None:
        second = changed(new_session())
        watcher, third = watching(second["sessionId"]), changed(second)
        fourth = changed(third)
        clients.failing[watcher] = failure
        assert len(push(third, fourth)) == 2
        clients.failing.clear()
        assert push(third, fourth) == []
        assert clients.closed == []
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

    @pytest.mark.parametrize(
        "attributes",
        [
            {"createdAt": None},
            {"version": {"S": "x"}},
            {"version": {"B": b"x"}},
            {"steps": {"S": "x"}},
            {"steps": {"L": [{"S": "x"}]}},
            {"steps": {"M": {"A": {"N": "1"}}}},
            {"steps": {"M": {"A": {"M": {"items": {"N": "1"}}}}}},
        ],
        ids=str,
    )
    def test_a_row_that_is_no_record_holds_up_nothing(self, events: list[Any], attributes: dict[str, Any]) -> None:
        record = new_session()
        by_hand = change(record)
        image = by_hand["dynamodb"]["NewImage"] | attributes
        by_hand["dynamodb"]["NewImage"] = {name: value for name, value in image.items() if value}
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

    @pytest.mark.parametrize(
        "failure",
        [
            refusal("LimitExceededException", 429),
            refusal("BadRequestException", 400),
            refusal("InternalServerError", 500),
            ReadTimeoutError(endpoint_url="https://sockets.example"),
        ],
        ids=["does not read", "no connection", "unknown", "hangs"],
    )
    def test_one_that_takes_nothing_is_cut_off_at_once_and_holds_up_nobody(
        self, clients: Clients, events: list[Any], failure: Exception
    ) -> None:
        record, other = new_session(), new_session()
        ids = record["sessionId"], other["sessionId"]
        left, failing = watching(ids[0]), connect(*ids)
        for session_id in ids:
            subscribe(failing, session_id)
        clients.failing[failing] = failure
        second = changed(record)
        assert push(second, changed(second), changed(other)) == []
        assert versions(events, ids[0]) == [2, 3]
        assert clients.versions(left) == [1, 2, 3]
        assert clients.closed == [failing]
        assert [watchers_of(session_id) for session_id in ids] == [[left], []]

    @pytest.mark.usefixtures("clients")
    def test_one_that_hangs_is_given_up_after_a_moment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        record = new_session()
        watching(record["sessionId"])
        quick = sockets.CONFIG.merge(Config(read_timeout=0.05, retries={"total_max_attempts": 1}))
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            hanging = boto3.client("apigatewaymanagementapi", endpoint_url=url, config=quick)
            monkeypatch.setattr(sockets, "connections", lambda: hanging)
            assert push(changed(record)) == []
        assert watchers_of(record["sessionId"]) == []

    def test_many_are_pushed_to_side_by_side(self, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
        record = new_session()
        watchers = [watching(record["sessionId"]) for _ in range(push_progress.AT_ONCE)]
        all_there = threading.Barrier(len(watchers), timeout=30)
        monkeypatch.setattr(clients, "post_to_connection", lambda **_: all_there.wait())
        assert push(changed(record)) == []
        assert set(watchers_of(record["sessionId"])) == set(watchers)

    def test_where_the_address_to_push_to_is_not_known_nobody_is_told_and_nobody_cut_off(
        self, clients: Clients, events: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = new_session()
        watcher = watching(record["sessionId"])
        second = changed(record)
        with monkeypatch.context() as down:
            down.setattr(sockets, "connections", Mock(side_effect=refusal("ThrottlingException", 400)))
            assert push(second) == [change(second)["eventID"]]
        assert events == []
        assert push(second) == []
        assert clients.versions(watcher) == [1, 2]

    def test_what_was_told_is_forgotten_after_the_stream_has(self) -> None:
        record = changed(new_session())
        push(record)
        row = rows.get("connections-test", {"subject": record["sessionId"], "watcher": "-"})
        assert row is not None
        assert row["ttl"] > clock.expiry(days=1)
