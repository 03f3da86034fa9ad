"""Sessions that are queued before their execution starts, and failed ones that get a next execution."""

from typing import Any

import pytest

from core.errors import InvalidInput, NotRetryable, SessionConflict, StaleExecution
from core.executions import input_hash
from core.record import Record, SessionError, Status, Table, new_record
from core.sessions import close
from core.starts import NEVER_BEGAN, enqueue, next_attempt
from tests.support import toy
from tests.support.interleaving import Delivery, interleaved
from tests.support.tables import record_of

pytestmark = pytest.mark.usefixtures("shared_tables")


def table() -> Table:
    return Table("sessions-test")


def record_to(session_id: str, amount: int = 7, workflow: str = "toy") -> Record:
    """The record of a session that is about to start, as the API makes it."""
    raw = {"sessionId": session_id, "amount": amount}
    return new_record(session_id, workflow, toy.execution_arn(session_id), input_hash(raw), "queued", owner="ann")


def ended(session_id: str, kind: str = "Broken", status: Status = Status.FAILED) -> None:
    """Ends a session as its present execution's end would."""
    error: SessionError = {"type": kind, "message": "it broke"}
    record = record_of(session_id)
    assert close(table(), record, record["executionArn"], status, lambda _: error)


def failed_session(*steps: str) -> str:
    """A session that failed after these steps had succeeded."""
    session_id = toy.new_session()
    enqueue(table(), record_to(session_id))
    toy.OPEN(toy.event(session_id, session_id, amount=7), None)
    if "Work" in steps:
        toy.WORK(toy.event(session_id, session_id, amount=7), None)
    ended(session_id)
    return session_id


class TestEnqueue:
    def test_writes_the_record_queued_with_the_execution_it_will_have(self) -> None:
        session_id = toy.new_session()
        to_start, record = enqueue(table(), record_to(session_id))
        assert to_start
        assert record == record_of(session_id)
        assert (record["status"], record["phase"], record["progress"]) == ("queued", "queued", 0)
        assert (record["executionArn"], record["owner"]) == (toy.execution_arn(session_id), "ann")
        assert record["openWorkflow"] == "toy"

    def test_the_first_step_takes_it_over(self) -> None:
        session_id = toy.new_session()
        enqueue(table(), record_to(session_id))
        answer = toy.OPEN(toy.event(session_id, session_id, amount=7), None)
        assert answer["duplicate"] is False
        assert (record_of(session_id)["status"], record_of(session_id)["phase"]) == ("processing", "started")

    def test_repeated_while_queued_it_is_to_be_started_and_once_begun_no_more(self) -> None:
        session_id = toy.new_session()
        enqueue(table(), record_to(session_id))
        before = record_of(session_id)
        assert enqueue(table(), record_to(session_id)) == (True, before)
        toy.OPEN(toy.event(session_id, session_id, amount=7), None)
        begun = record_of(session_id)
        assert enqueue(table(), record_to(session_id)) == (False, begun)
        assert record_of(session_id) == begun

    @pytest.mark.parametrize("other", [{"amount": 8}, {"workflow": "order"}])
    def test_an_id_that_is_taken_is_a_conflict(self, other: Any) -> None:
        session_id = toy.new_session()
        enqueue(table(), record_to(session_id))
        before = record_of(session_id)
        with pytest.raises(SessionConflict, match="start with another sessionId"):
            enqueue(table(), record_to(session_id, **other))
        assert record_of(session_id) == before

    def test_of_twenty_at_once_one_makes_the_record_and_all_say_to_start_the_same_execution(self) -> None:
        session_id = toy.new_session()
        with interleaved():
            every = [Delivery(str(n), lambda: enqueue(table(), record_to(session_id))).start() for n in range(20)]
            outcomes = [one.finish().output for one in every]
        assert {to_start for to_start, _ in outcomes} == {True}
        assert {record["executionArn"] for _, record in outcomes} == {toy.execution_arn(session_id)}
        assert record_of(session_id)["version"] == 1

    def test_one_whose_execution_never_began_is_revived_once_by_its_caller_s_repeated_start(self) -> None:
        session_id = toy.new_session()
        enqueue(table(), record_to(session_id))
        ended(session_id, NEVER_BEGAN)
        with interleaved():
            every = [Delivery(str(n), lambda: enqueue(table(), record_to(session_id))).start() for n in range(5)]
            for one in every:
                one.step()
            outcomes = [one.finish().output for one in every]
        record = record_of(session_id)
        assert outcomes == [(True, record)] * 5
        assert (record["status"], record["phase"], record["version"]) == ("queued", "queued", 3)
        assert record["openWorkflow"] == "toy"
        assert not {"error", "ttl"} & record.keys()

    @pytest.mark.parametrize("steps", [(), ("Work",)])
    def test_one_that_failed_for_another_reason_or_had_begun_is_left_as_it_ended(self, steps: tuple[str, ...]) -> None:
        for session_id in (failed_session(*steps), begun_and_forgotten()):
            before = record_of(session_id)
            assert enqueue(table(), record_to(session_id)) == (False, before)
            assert record_of(session_id) == before


def begun_and_forgotten() -> str:
    """A session that had begun, whose execution Step Functions no longer knows."""
    session_id = toy.new_session()
    toy.OPEN(toy.event(session_id, session_id, amount=7), None)
    ended(session_id, NEVER_BEGAN)
    return session_id


class TestNextAttempt:
    def test_a_failed_session_gets_an_execution_named_after_its_attempt(self) -> None:
        session_id = failed_session("Work")
        before = record_of(session_id)
        record = next_attempt(table(), before)
        assert record == record_of(session_id)
        assert (record["attempt"], record["executionArn"]) == (2, toy.execution_arn(f"{session_id}-2"))
        assert (record["status"], record["phase"], record["openWorkflow"]) == ("processing", "retrying", "toy")
        assert not {"error", "ttl", "waitingFor"} & record.keys()
        assert record["progress"] == before["progress"] == 50
        ended(session_id)
        assert next_attempt(table(), record_of(session_id))["executionArn"] == toy.execution_arn(f"{session_id}-3")

    def test_steps_that_had_succeeded_do_not_run_again(self) -> None:
        session_id = failed_session("Work")
        execution, before = f"{session_id}-2", list(toy.runs)
        next_attempt(table(), record_of(session_id))
        opened = toy.OPEN(toy.event(execution, session_id, amount=7), None)
        assert (opened["duplicate"], opened["input"]) == (False, {"amount": 7})
        work = toy.WORK(toy.event(execution, session_id, amount=7), None)
        assert toy.runs == before
        assert record_of(session_id)["progress"] == 50
        toy.CLOSE(toy.event(execution, session_id, **work), None)
        record = record_of(session_id)
        assert (record["status"], record["attempt"], record["progress"]) == ("completed", 2, 100)

    def test_a_step_that_had_failed_runs_again_and_stays_on_record_until_then(self) -> None:
        session_id = toy.new_session()
        toy.OPEN(toy.event(session_id, session_id, amount=7), None)
        with pytest.raises(InvalidInput):
            toy.WORK(toy.event(session_id, session_id, amount="seven"), None)
        ended(session_id)
        next_attempt(table(), record_of(session_id))
        assert record_of(session_id)["steps"]["Work"]["status"] == "failed"
        toy.WORK(toy.event(f"{session_id}-2", session_id, amount=7), None)
        entry = record_of(session_id)["steps"]["Work"]
        assert (entry["status"], entry["attempt"], "error" in entry) == ("succeeded", 2, False)

    def test_bad_input_is_refused_in_the_next_attempt_too(self) -> None:
        session_id = toy.new_session()
        with pytest.raises(InvalidInput):
            toy.OPEN(toy.event(session_id, session_id), None)
        ended(session_id)
        next_attempt(table(), record_of(session_id))
        with pytest.raises(InvalidInput):
            toy.OPEN(toy.event(f"{session_id}-2", session_id), None)
        assert record_of(session_id)["steps"]["OpenToy"]["error"]["type"] == "InvalidInput"

    def test_the_former_execution_may_no_longer_write(self) -> None:
        session_id = failed_session("Work")
        next_attempt(table(), record_of(session_id))
        before = record_of(session_id)
        assert toy.OPEN(toy.event(session_id, session_id, amount=7), None)["duplicate"] is True
        with pytest.raises(StaleExecution):
            toy.WORK(toy.event(session_id, session_id, amount=7), None)
        with interleaved():
            toy.reconcile(session_id, session_id, "FAILED").finish()
        assert record_of(session_id) == before

    @pytest.mark.parametrize("status", [Status.COMPLETED, Status.EXPIRED, Status.CANCELLED])
    def test_one_that_did_not_fail_is_not_retried(self, status: Status) -> None:
        session_id = toy.new_session()
        enqueue(table(), record_to(session_id))
        with pytest.raises(NotRetryable, match="is queued; only a failed one"):
            next_attempt(table(), record_of(session_id))
        ended(session_id, status=status)
        with pytest.raises(NotRetryable, match=f"is {status}; only a failed one"):
            next_attempt(table(), record_of(session_id))

    @pytest.mark.parametrize("compensation", ["started", "done"])
    def test_one_whose_effects_were_undone_is_not_retried(self, compensation: str) -> None:
        session_id = failed_session("Work")
        undone: Any = {**record_of(session_id), "compensation": compensation, "sessionId": toy.new_session()}
        table().create(undone)
        with pytest.raises(NotRetryable, match="was undone; start a new one"):
            next_attempt(table(), undone)

    def test_of_twenty_at_once_one_gives_the_next_execution(self) -> None:
        session_id = failed_session("Work")
        record = record_of(session_id)
        with interleaved():
            every = [Delivery(str(n), lambda: next_attempt(table(), record)).start() for n in range(20)]
            for one in every:
                one.step()
            errors = [one.finish().error for one in every]
        assert sum(error is None for error in errors) == 1
        assert {type(error) for error in errors if error is not None} == {NotRetryable}
        assert record_of(session_id)["attempt"] == 2
