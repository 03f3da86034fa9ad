"""The sweep, where sessions wait for answers, never began, or are many."""

import time
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from core.clock import ahead
from core.errors import AwsUnavailable
from core.executions import input_hash
from core.record import Record, Table, new_record
from core.starts import enqueue, start_session
from operations import sweep_sessions
from tests.support import toy
from tests.support.executions import begun, create_machine, ended, start, unreachable
from tests.support.tables import every_row, record_of
from tests.support.waits import asked_session, later

pytestmark = pytest.mark.usefixtures("tables")

STALE_AFTER = 60


@pytest.fixture(autouse=True)
def _settings(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WORKFLOWS", '["toy"]')
    environment.setenv("STALE_AFTER_SECONDS", str(STALE_AFTER))


def running(session_id: str) -> str:
    """Gives the session an execution that runs."""
    create_machine("toy", does="waits")
    arn = toy.execution_arn(session_id)
    start(arn, {})
    begun(arn)
    boto3.client("dynamodb").update_item(
        TableName="sessions-test",
        Key={"sessionId": {"S": session_id}},
        UpdateExpression="SET executionArn = :arn",
        ExpressionAttributeValues={":arn": {"S": arn}},
    )
    return arn


def sweep(after: float, minute: int | None = None) -> Any:
    """A sweep so many seconds from now, or else in a minute of its own."""
    clock = SimpleNamespace(time=time.time if minute is None else lambda: minute * 60)
    with later(after), patch.object(sweep_sessions, "time", clock):
        return sweep_sessions.handler({}, None)


def thirteen_sweeps(after: float) -> list[Any]:
    """One for each turn."""
    return [sweep(after, minute) for minute in range(13)]


def test_a_waiting_session_is_looked_at_in_one_sweep_of_thirteen_and_is_not_stale() -> None:
    session_id = asked_session()
    running(session_id)
    before = record_of(session_id)
    sweeps = thirteen_sweeps(after=toy.EXPIRES_IN)
    assert sorted(answer["looked"] for answer in sweeps) == [0] * 12 + [1]
    assert {answer["stale"] for answer in sweeps} == {0}
    assert record_of(session_id) == before


@pytest.mark.parametrize("minutes", [1, 5, 60])
def test_a_schedule_of_any_minutes_comes_to_every_turn(minutes: int) -> None:
    session_id = asked_session()
    running(session_id)
    assert sum(sweep(toy.EXPIRES_IN, start * minutes)["looked"] for start in range(13)) == 1


def test_a_session_that_waits_longer_than_its_question_allows_is_stale() -> None:
    session_id = asked_session()
    running(session_id)
    sweeps = thirteen_sweeps(after=toy.EXPIRES_IN + STALE_AFTER + 1)
    assert sweeps == [{"looked": 1, "stale": 1}] * 13
    assert record_of(session_id)["status"] == "waiting"


def test_a_waiting_session_whose_execution_was_stopped_is_settled_in_its_turn() -> None:
    session_id = asked_session()
    arn = running(session_id)
    boto3.client("stepfunctions").stop_execution(executionArn=arn)
    ended(arn, "ABORTED")
    sweeps = thirteen_sweeps(after=STALE_AFTER + 1)
    assert sum(answer["looked"] for answer in sweeps) == 1
    record = record_of(session_id)
    assert record["status"] == "cancelled"
    assert "waitingFor" not in record


def test_a_queued_session_whose_execution_never_began_fails_and_says_so() -> None:
    raw = {"sessionId": "s1", "amount": 7}
    record = new_record("s1", "toy", toy.execution_arn("s1"), input_hash(raw), "queued", owner=None)
    enqueue(Table("sessions-test"), record)
    assert sweep(after=STALE_AFTER - 10) == {"looked": 0, "stale": 0}
    assert record_of("s1")["status"] == "queued"
    assert sweep(after=STALE_AFTER + 1) == {"looked": 1, "stale": 0}
    swept = record_of("s1")
    assert (swept["status"], swept["error"]["type"]) == ("failed", "ExecutionDoesNotExist")
    assert "never began" in swept["error"]["message"]
    assert enqueue(Table("sessions-test"), record)[0]
    assert record_of("s1")["status"] == "queued"


QUEUE_SECONDS = 3600


def in_a_queue(session_id: str) -> Record:
    """A session whose start is under way in a queue."""
    record = new_record(session_id, "toy", toy.execution_arn(session_id), "hash", "queued", owner=None)
    return enqueue(Table("sessions-test"), {**record, "queuedUntil": ahead(QUEUE_SECONDS)})[1]


def test_a_session_whose_start_may_be_in_a_queue_is_left_until_it_cannot() -> None:
    before = in_a_queue("s1")
    assert sweep(after=QUEUE_SECONDS - 10) == {"looked": 0, "stale": 0}
    assert record_of("s1") == before
    assert sweep(after=QUEUE_SECONDS + 1) == {"looked": 1, "stale": 0}
    assert record_of("s1")["error"]["type"] == "ExecutionDoesNotExist"


def test_a_session_that_was_given_up_and_is_queued_anew_has_as_long_again() -> None:
    in_a_queue("s1")
    sweep(after=QUEUE_SECONDS + 1)
    with later(2 * QUEUE_SECONDS):
        assert in_a_queue("s1")["status"] == "queued"
    assert sweep(after=3 * QUEUE_SECONDS - 10) == {"looked": 0, "stale": 0}
    assert sweep(after=3 * QUEUE_SECONDS + 1) == {"looked": 1, "stale": 0}


def test_a_session_that_came_out_of_its_queue_is_looked_at_as_any_other() -> None:
    create_machine("toy")
    record = in_a_queue("s1")
    start_session(Table("sessions-test"), record, {"amount": 7})
    boto3.client("dynamodb").update_item(
        TableName="sessions-test",
        Key={"sessionId": {"S": "s1"}},
        UpdateExpression="SET #status = :processing",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":processing": {"S": "processing"}},
    )
    arn = record["executionArn"]
    ended(arn, "SUCCEEDED")
    assert sweep(after=STALE_AFTER + 1) == {"looked": 1, "stale": 0}
    assert record_of("s1")["error"]["type"] == "SessionUnfinished"


def test_a_session_that_went_on_is_told_by_its_next_execution() -> None:
    create_machine("toy")
    begun, never = asked_session(), toy.new_session()
    toy.OPEN(toy.event("first", never, amount=7), None)
    with unreachable(), pytest.raises(AwsUnavailable):
        toy.GO_ON(toy.going_on("first", never), None)
    arn = toy.GO_ON(toy.going_on("first", begun), None)["executionArn"]
    ended(arn, "SUCCEEDED")
    assert sweep(after=STALE_AFTER + 1) == {"looked": 2, "stale": 0}
    assert record_of(never)["error"]["type"] == "ExecutionDoesNotExist"
    assert record_of(begun)["error"]["type"] == "SessionUnfinished"


def test_more_sessions_than_one_batch_are_all_looked_at() -> None:
    table = Table("sessions-test")
    for number in range(105):
        arn = toy.execution_arn(f"many-{number}")
        table.create(new_record(f"many-{number}", "toy", arn, "hash", "queued", owner=None))
    assert sweep(after=STALE_AFTER + 1) == {"looked": 105, "stale": 0}
    assert {record["status"] for record in every_row("sessions-test")} == {"failed"}
