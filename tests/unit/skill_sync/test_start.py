"""Events that come to the start: which sessions it starts, what it makes good, and what it puts aside."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from core import aws
from core.record import Status, Table
from core.sessions import close
from core.starts import next_attempt
from skill_sync.start import sync_id
from tests.support.skill_sync import DRILLS, USER, completed, practice, profile_of
from tests.support.tables import record_of
from tests.unit.skill_sync.syncing import Run, Started, deliver, happen, started_sessions

pytestmark = pytest.mark.usefixtures("tables")

FIRST = sync_id(USER, "practice-1")


@pytest.fixture
def started() -> Iterator[Started]:
    with started_sessions() as sessions:
        yield sessions


def put_aside() -> list[tuple[str, Any]]:
    """What was put on the dead-letter queue: reason and event."""
    url = aws.sqs().get_queue_url(QueueName="skill-sync-events-dead-test")["QueueUrl"]
    answer = aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["reason"])
    return [(each["MessageAttributes"]["reason"]["StringValue"], each["Body"]) for each in answer.get("Messages", [])]


def end(session_id: str, status: Status) -> None:
    """The session's execution failed or was stopped, and reconciliation says so."""
    table = Table("sessions-test")
    record = table.get(session_id)
    assert record is not None
    assert close(table, record, record["executionArn"], status, lambda _seen: None)


def test_an_event_starts_the_session_that_its_practice_names(started: Started) -> None:
    happen(practice(1))
    assert started.executions == {FIRST: {"userId": USER}}
    assert FIRST.startswith("sync-practice-1-")
    assert record_of(FIRST)["status"] == "queued"
    Run(FIRST, started.executions[FIRST]).all()
    assert profile_of()["practices"] == 1


def test_a_repeated_event_starts_nothing_before_the_session_runs_and_after(started: Started) -> None:
    happen(practice(1), practice(1))
    Run(FIRST, started.executions[FIRST]).all()
    happen(practice(1))
    assert started.executions.keys() == {FIRST}
    assert profile_of()["practices"] == 1


def test_a_burst_before_the_first_session_reads_settles_in_one_run(started: Started) -> None:
    happen(*(practice(number) for number in range(1, 51)))
    assert started.executions.keys() == {FIRST}
    Run(FIRST, started.executions[FIRST]).all()
    assert profile_of()["practices"] == 50


def test_a_burst_while_the_first_session_computes_settles_in_two_runs(started: Started) -> None:
    happen(practice(1))
    first = Run(FIRST, started.executions[FIRST])
    history = first.load()
    happen(*(practice(number) for number in range(2, 51)))
    first.publish(first.save(history))
    _, second = started.executions
    Run(second, started.executions[second]).all()
    assert len(started.executions) == 2
    assert profile_of()["practices"] == 50


def test_each_user_s_events_start_sessions_of_their_own_whatever_the_practices_are_called(started: Started) -> None:
    happen(practice(1))
    happen(practice(1), user_id="rider-8")
    assert list(started.executions.values()) == [{"userId": USER}, {"userId": "rider-8"}]


def test_a_practice_that_a_caller_s_session_recorded_needs_no_event(started: Started) -> None:
    run = Run("practice-1", {"userId": USER, "practice": practice(1)})
    run.load()
    happen(practice(1))
    assert started.executions == {}


@pytest.mark.parametrize("practice_id", ["p.1:2", "p" * 64])
def test_a_session_s_name_fits_whatever_the_practice_is_called(started: Started, practice_id: str) -> None:
    happen(practice(practiceId=practice_id))
    (name,) = started.executions
    assert record_of(name)["sessionId"] == name
    assert len(name) <= 64


def test_a_session_that_was_stopped_before_it_read_is_made_good_by_the_next_event(started: Started) -> None:
    happen(practice(1))
    end(FIRST, Status.CANCELLED)
    happen(practice(2), practice(3))
    _, second = started.executions
    Run(second, started.executions[second]).all()
    assert len(started.executions) == 2
    assert profile_of()["practices"] == 3


def test_a_session_that_is_retried_leaves_what_another_one_owes_by_now(started: Started) -> None:
    happen(practice(1))
    end(FIRST, Status.FAILED)
    happen(practice(2))
    _, second = started.executions
    table = Table("sessions-test")
    record = next_attempt(table, record_of(FIRST))
    retried = Run(record["executionArn"].rpartition(":")[2], {"sessionId": FIRST, "userId": USER})
    assert retried.load()["practices"] == 2
    happen(practice(3))
    assert started.executions.keys() == {FIRST, second}


def test_what_is_no_event_of_a_practice_is_put_aside_with_the_reason_and_holds_up_no_other(started: Started) -> None:
    unreadable = completed(practice(2, drills=[{**DRILLS[0], "score": 200}]))
    other = completed(practice(1, drills=DRILLS[:1]))
    assert deliver("not JSON", unreadable, completed(practice(1)), other) == []
    aside = put_aside()
    assert [body if body == "not JSON" else json.loads(body) for _, body in aside] == ["not JSON", unreadable, other]
    assert [reason for reason, _ in aside] == [
        "InvalidInput: event: is not JSON",
        "InvalidInput: detail.drills.0.score: Input should be less than or equal to 100",
        "PracticeConflict: practice practice-1 is recorded with other content, which stands",
    ]
    assert started.executions.keys() == {FIRST}
