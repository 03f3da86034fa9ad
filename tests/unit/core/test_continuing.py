"""A session that goes on in a next execution: handed over once, started once, with what was carried, whatever dies."""

from typing import Any

import pytest

from core.errors import AwsUnavailable, InvalidInput, SessionClosed, SessionConflict, StaleExecution
from core.executions import input_hash
from core.record import Status, Table, new_record
from core.sessions import close
from core.starts import enqueue, next_attempt
from tests.support import interleaving, toy
from tests.support.executions import create_machine, input_of, start, started, unreachable
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.tables import record_of
from tests.unit.core.test_starts import ended

pytestmark = pytest.mark.usefixtures("shared_tables")

CALLS = ["get_item sessions-test", "update_item sessions-test", "start_execution"]


@pytest.fixture(scope="module", autouse=True)
def _machine(shared_tables: pytest.MonkeyPatch) -> None:
    create_machine(toy.WORKFLOW)
    shared_tables.setattr(interleaving, "_CALLS", (*interleaving._CALLS, "start_execution"))


def table() -> Table:
    return Table("sessions-test")


def under_way() -> str:
    """A session whose first execution has come as far as going on."""
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    toy.WORK(toy.event("first", session_id, amount=7), None)
    return session_id


def go_on(session_id: str, execution: str = "first", number: int = 1) -> Any:
    return toy.GO_ON(toy.going_on(execution, session_id, number), None)


def deliver(session_id: str, execution: str = "first", number: int = 1) -> Delivery:
    """A delivery of the step, up to its first call."""
    return Delivery("GoOn", lambda: go_on(session_id, execution, number)).start()


def execution_of(session_id: str, attempt: int) -> str:
    return toy.execution_arn(f"{session_id}-{attempt}")


class TestTheRecord:
    def test_belongs_to_the_next_execution_and_begins_its_steps_anew(self) -> None:
        session_id = under_way()
        before = record_of(session_id)
        assert go_on(session_id) == {"executionArn": execution_of(session_id, 2)}
        record = record_of(session_id)
        entry = record["steps"].pop("GoOn#1")
        assert (entry["status"], entry["attempt"]) == ("succeeded", 1)
        changed = {"attempt": 2, "executionArn": execution_of(session_id, 2), "phase": "continued", "steps": {}}
        changed |= {"status": "processing", "carried": {"number": 2}, "version": before["version"] + 1}
        assert record == {**before, **changed, "updatedAt": record["updatedAt"]}
        assert record["openWorkflow"] == "toy"

    def test_waits_for_nothing_any_more(self) -> None:
        session_id = under_way()
        toy.AWAIT(toy.asking("first", session_id, "token-1"), None)
        go_on(session_id)
        record = record_of(session_id)
        assert record["status"] == "processing"
        assert "waitingFor" not in record

    def test_does_not_grow_however_often_the_session_goes_on(self) -> None:
        session_id = under_way()
        go_on(session_id)
        sizes = set()
        for number in range(2, 6):
            execution = f"{session_id}-{number}"
            toy.OPEN({**toy.event(execution, ""), "input": input_of(toy.execution_arn(execution))}, None)
            toy.WORK({**toy.event(execution, session_id, amount=7), "item": number}, None)
            sizes.add(len(record_of(session_id)["steps"]))
            go_on(session_id, execution, number)
        record = record_of(session_id)
        assert sizes == {3}
        assert record["steps"].keys() == {"GoOn#5"}
        assert (record["attempt"], record["carried"]) == (6, {"number": 6})
        assert len(started(session_id)) == 5


class TestTheNextExecution:
    def test_is_started_with_the_given_input_and_what_the_body_returned(self) -> None:
        session_id = under_way()
        arn = go_on(session_id)["executionArn"]
        assert input_of(arn) == {"sessionId": session_id, "amount": 7, "continuation": {"number": 2}}

    def test_has_the_session_s_id_also_where_the_first_went_by_its_execution_s_name(self) -> None:
        session_id = toy.new_session()
        toy.OPEN({**toy.event(session_id, ""), "input": {"amount": 7}}, None)
        sent = toy.going_on(session_id, session_id)
        sent["input"] = {"given": {"amount": 7}, "number": 1}
        arn = toy.GO_ON(sent, None)["executionArn"]
        assert input_of(arn)["sessionId"] == session_id

    def test_takes_the_session_over_and_may_end_it(self) -> None:
        session_id = under_way()
        arn = go_on(session_id)["executionArn"]
        execution = f"{session_id}-2"
        opened = toy.OPEN({**toy.event(execution, ""), "input": input_of(arn)}, None)
        assert (opened["duplicate"], opened["input"]) == (False, {"amount": 7})
        assert record_of(session_id)["phase"] == "started"
        toy.CLOSE(toy.event(execution, session_id, run=1), None)
        assert (record_of(session_id)["status"], record_of(session_id)["attempt"]) == ("completed", 2)

    def test_a_repeated_start_of_the_session_finds_it_there(self) -> None:
        session_id = toy.new_session()
        raw = {"sessionId": session_id, "amount": 7}
        fresh = new_record(session_id, "toy", toy.execution_arn(session_id), input_hash(raw), "queued", None)
        enqueue(table(), fresh)
        toy.OPEN(toy.event(session_id, session_id, amount=7), None)
        go_on(session_id, session_id)
        before = record_of(session_id)
        assert enqueue(table(), fresh) == (False, before)
        assert toy.OPEN(toy.event(session_id, session_id, amount=7), None)["duplicate"] is True
        assert record_of(session_id) == before


class TestRepeatedAndKilled:
    def test_an_undisturbed_delivery_looks_hands_over_and_only_then_starts(self) -> None:
        session_id = under_way()
        with interleaved():
            assert deliver(session_id).finish().calls == CALLS

    @pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
    @pytest.mark.parametrize("fatal", range(len(CALLS)))
    def test_killed_at_any_call_and_tried_again_the_next_execution_is_started_once(
        self, fatal: int, fate: Fate
    ) -> None:
        session_id = under_way()
        with interleaved():
            victim = deliver(session_id)
            for _ in range(fatal):
                victim.step()
            victim.step(fate)
        assert victim.done
        assert victim.output is None
        for _ in range(2):
            assert go_on(session_id) == {"executionArn": execution_of(session_id, 2)}
        assert started(session_id) == [f"{session_id}-2"]
        record = record_of(session_id)
        assert (record["attempt"], record["version"]) == (2, 4)

    @pytest.mark.parametrize("order", range(2**4))
    def test_two_at_once_start_it_once_in_every_order(self, order: int) -> None:
        session_id = under_way()
        with interleaved():
            twins = [deliver(session_id) for _ in range(2)]
            for turn in range(4):
                if not twins[order >> turn & 1].done:
                    twins[order >> turn & 1].step()
            outcomes = [(twin.error, twin.output) for twin in (twin.finish() for twin in twins)]
        assert outcomes == [(None, {"executionArn": execution_of(session_id, 2)})] * 2
        assert started(session_id) == [f"{session_id}-2"]
        assert record_of(session_id)["attempt"] == 2

    def test_step_functions_that_cannot_be_reached_is_tried_again(self) -> None:
        session_id = under_way()
        with unreachable(), pytest.raises(AwsUnavailable):
            go_on(session_id)
        assert started(session_id) == []
        assert go_on(session_id) == {"executionArn": execution_of(session_id, 2)}
        assert started(session_id) == [f"{session_id}-2"]

    def test_what_was_carried_when_it_was_handed_over_stands_whatever_a_repetition_says(self) -> None:
        session_id = under_way()
        with unreachable(), pytest.raises(AwsUnavailable):
            go_on(session_id)
        sent = toy.going_on("first", session_id)
        sent["input"]["number"] = 7
        arn = toy.GO_ON(sent, None)["executionArn"]
        assert input_of(arn)["continuation"] == record_of(session_id)["carried"] == {"number": 2}

    def test_a_late_delivery_is_told_the_same_even_when_the_next_execution_has_ended_the_session(self) -> None:
        session_id = under_way()
        answer = go_on(session_id)
        toy.CLOSE(toy.event(f"{session_id}-2", session_id, run=1), None)
        before = record_of(session_id)
        assert go_on(session_id) == answer
        assert record_of(session_id) == before

    def test_a_delivery_that_comes_after_the_next_execution_went_on_too_changes_nothing(self) -> None:
        session_id = under_way()
        go_on(session_id)
        go_on(session_id, f"{session_id}-2", 2)
        before = record_of(session_id)
        with pytest.raises(StaleExecution, match=f"in {execution_of(session_id, 3)}"):
            go_on(session_id)
        assert record_of(session_id) == before
        assert started(session_id) == [f"{session_id}-2", f"{session_id}-3"]

    def test_another_execution_of_the_same_input_hands_nothing_over(self) -> None:
        session_id = under_way()
        before = record_of(session_id)
        with pytest.raises(StaleExecution):
            go_on(session_id, "second")
        assert record_of(session_id) == before
        assert started(session_id) == []


class TestSessionsThatEndMeanwhile:
    def cancel(self, session_id: str) -> None:
        ended(session_id, status=Status.CANCELLED)

    @pytest.mark.parametrize("calls", [0, 1])
    def test_one_cancelled_before_it_is_handed_over_stays_cancelled(self, calls: int) -> None:
        session_id = under_way()
        with interleaved():
            late = deliver(session_id)
            for _ in range(calls):
                late.step()
            self.cancel(session_id)
            before = record_of(session_id)
            late.finish()
        assert isinstance(late.error, StaleExecution)
        assert "is cancelled" in str(late.error)
        assert record_of(session_id) == before
        assert started(session_id) == []

    def test_one_cancelled_between_hand_over_and_start_is_not_started_by_the_repetition(self) -> None:
        session_id = under_way()
        with unreachable(), pytest.raises(AwsUnavailable):
            go_on(session_id)
        self.cancel(session_id)
        before = record_of(session_id)
        assert go_on(session_id) == {"executionArn": execution_of(session_id, 2)}
        assert started(session_id) == []
        assert record_of(session_id) == before

    def test_one_cancelled_just_before_the_start_ends_at_its_next_step(self) -> None:
        session_id = under_way()
        with interleaved():
            late = deliver(session_id)
            late.step()
            late.step()
            self.cancel(session_id)
            before = record_of(session_id)
            late.finish()
        opened = toy.OPEN({**toy.event(f"{session_id}-2", ""), "input": input_of(execution_of(session_id, 2))}, None)
        assert opened["duplicate"] is False
        with pytest.raises(SessionClosed):
            toy.WORK({**toy.event(f"{session_id}-2", session_id, amount=7), "item": 2}, None)
        assert record_of(session_id) == before

    def test_a_session_without_a_record_is_not_continued(self) -> None:
        with pytest.raises(StaleExecution, match="has no record"):
            go_on(toy.new_session())


class TestWhatCannotGoOn:
    def test_without_the_execution_s_own_input_nothing_is_handed_over(self) -> None:
        session_id = under_way()
        before = record_of(session_id)
        for given in (None, "text", [7]):
            sent = toy.going_on("first", session_id)
            sent["input"]["given"] = given
            with pytest.raises(InvalidInput, match="given: is missing: pass the execution's own input"):
                toy.GO_ON(sent, None)
        del sent["input"]["given"]
        with pytest.raises(InvalidInput, match="given: is missing"):
            toy.GO_ON(sent, None)
        assert record_of(session_id) == before

    def test_what_the_body_refuses_hands_nothing_over(self) -> None:
        session_id = under_way()
        before = record_of(session_id)
        sent = toy.going_on("first", session_id)
        sent["input"]["number"] = "many"
        with pytest.raises(InvalidInput, match="number: "):
            toy.GO_ON(sent, None)
        assert record_of(session_id) == before

    def test_a_name_that_another_session_s_execution_has_fails_the_session_and_says_so(self) -> None:
        session_id = under_way()
        other = {"sessionId": "another", "amount": 8}
        start(execution_of(session_id, 2), other)
        with pytest.raises(SessionConflict, match="the name of its next execution was taken"):
            go_on(session_id)
        record = record_of(session_id)
        assert (record["status"], record["error"]["type"]) == ("failed", "SessionConflict")
        assert "openWorkflow" not in record
        assert input_of(execution_of(session_id, 2)) == other
        assert next_attempt(table(), record)["carried"] == {"number": 2}


class TestOperations:
    def test_the_end_of_the_former_execution_leaves_the_session_alone(self) -> None:
        session_id = under_way()
        go_on(session_id)
        before = record_of(session_id)
        with interleaved():
            for status in ("FAILED", "TIMED_OUT", "ABORTED"):
                toy.reconcile("first", session_id, status).finish()
        assert record_of(session_id) == before
        assert not close(table(), before, toy.execution_arn("first"), Status.FAILED, lambda _: None)

    def test_the_end_of_the_next_execution_ends_it(self) -> None:
        session_id = under_way()
        go_on(session_id)
        with interleaved():
            toy.reconcile(f"{session_id}-2", session_id, "FAILED").finish()
        assert record_of(session_id)["status"] == "failed"

    def test_a_session_that_failed_after_it_went_on_keeps_what_was_carried_in_its_next_attempt(self) -> None:
        session_id = under_way()
        go_on(session_id)
        ended(session_id)
        record = next_attempt(table(), record_of(session_id))
        assert (record["executionArn"], record["carried"]) == (execution_of(session_id, 3), {"number": 2})
        assert go_on(session_id) == {"executionArn": execution_of(session_id, 3)}  # a late delivery of the first
        assert input_of(execution_of(session_id, 3))["continuation"] == {"number": 2}
