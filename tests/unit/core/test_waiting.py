"""A session that waits, and how its wait ends: nobody answers, it is closed, it is answered."""

import pytest

from core.record import Status, Table
from core.sessions import Hold, answered, close
from tests.support import toy
from tests.support.interleaving import interleaved
from tests.support.tables import record_of
from tests.support.waits import asked_session

pytestmark = pytest.mark.usefixtures("shared_tables")


def test_the_next_step_closes_the_entry_of_the_question_that_nobody_answered() -> None:
    session_id = asked_session()
    expires = record_of(session_id)["waitingFor"]["expiresAt"]
    toy.WORK(toy.event("first", session_id, amount=7), None)
    record = record_of(session_id)
    assert record["status"] == "processing"
    assert "waitingFor" not in record
    entry = record["steps"]["Ask"]
    assert entry["status"] == "failed"
    assert "finishedAt" in entry
    assert entry["error"] == {"type": "NoAnswer", "message": f"nobody had answered by {expires}"}
    assert record["steps"]["Work"]["status"] == "succeeded"


def test_the_error_of_a_step_that_could_not_ask_is_not_taken_for_silence() -> None:
    session_id = asked_session()
    hold = Hold(Table("sessions-test"), session_id, toy.execution_arn("first"), "Ask")
    hold.claim("awaiting_approval", 30)
    waiting_for = {"callbackId": "c", "kind": "approval", "step": "Ask", "expiresAt": "2099"}
    hold.wait(waiting_for)  # type: ignore[arg-type]
    hold.fail({"type": "AwsUnavailable", "message": "SendMessage: throttled"})
    toy.WORK(toy.event("first", session_id, amount=7), None)
    record = record_of(session_id)
    assert record["steps"]["Ask"]["error"]["type"] == "AwsUnavailable"
    assert "waitingFor" not in record


def test_a_session_that_a_step_ends_as_it_waits_is_left_waiting_for_nothing() -> None:
    session_id = asked_session()
    toy.CLOSE(toy.event("first", session_id, run=1), None)
    record = record_of(session_id)
    assert record["status"] == "completed"
    assert "waitingFor" not in record
    assert record["steps"]["Ask"]["error"]["type"] == "NoAnswer"


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_waiting_session_whose_execution_ended_waits_no_more(status: str) -> None:
    session_id = asked_session()
    with interleaved():
        toy.reconcile("first", session_id, status).finish()
    record = record_of(session_id)
    assert record["status"] == ("cancelled" if status == "ABORTED" else "failed")
    assert "waitingFor" not in record
    assert "openWorkflow" not in record


def test_close_leaves_the_wait_of_another_execution() -> None:
    session_id = asked_session()
    before = record_of(session_id)
    table = Table("sessions-test")
    assert not close(table, before, toy.execution_arn("other"), Status.FAILED, lambda _: None)
    assert record_of(session_id) == before


class TestAnswered:
    def test_takes_the_session_out_of_its_wait_once(self) -> None:
        session_id = asked_session()
        table, arn = Table("sessions-test"), toy.execution_arn("first")
        assert answered(table, session_id, arn, "Ask") == "waiting"
        record = record_of(session_id)
        assert (record["status"], record["phase"], record["steps"]["Ask"]["status"]) == (
            "processing",
            "awaiting_approval",
            "succeeded",
        )
        assert answered(table, session_id, arn, "Ask") == "succeeded"
        assert record_of(session_id) == record

    def test_changes_nothing_for_another_execution_or_without_a_record(self) -> None:
        session_id = asked_session()
        before = record_of(session_id)
        assert answered(Table("sessions-test"), session_id, toy.execution_arn("other"), "Ask") is None
        assert answered(Table("sessions-test"), "no-such-session", toy.execution_arn("first"), "Ask") is None
        assert record_of(session_id) == before

    def test_does_not_end_the_wait_for_a_later_question(self) -> None:
        session_id = asked_session()
        toy.WORK(toy.event("first", session_id, amount=7), None)  # nobody had answered
        toy.ASK(toy.asking("first", session_id, "token-2", item=2), None)
        before = record_of(session_id)
        assert answered(Table("sessions-test"), session_id, toy.execution_arn("first"), "Ask") == "failed"
        assert record_of(session_id) == before
        assert before["waitingFor"]["step"] == "Ask#2"
