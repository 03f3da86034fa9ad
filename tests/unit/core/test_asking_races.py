"""A step that asks, killed at every call and racing its twin: the answer's way is never lost, and people asked once."""

import pytest

from core.callback_rows import callback_id_of
from core.errors import StaleExecution
from core.record import Table
from core.starts import next_attempt
from tests.support import toy
from tests.support.decisions import deliver
from tests.support.interleaving import Fate, interleaved
from tests.support.tables import notifications, record_of
from tests.support.waits import asked_session, decide, invited, later, question_of, tasks

pytestmark = pytest.mark.usefixtures("shared_tables")

CALLS = 6  # of an undisturbed delivery: tests/unit/core/test_asking.py


@pytest.fixture(autouse=True)
def _nobody_asked_yet(shared_tables: None) -> None:
    notifications()


def started() -> str:
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    return session_id


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("fatal", range(CALLS))
def test_killed_at_any_call_and_tried_again_everybody_is_asked_once_and_the_newest_token_stands(
    fatal: int, fate: Fate
) -> None:
    session_id = started()
    with interleaved():
        victim = toy.deliver_ask("first", session_id, "token-1")
        for _ in range(fatal):
            victim.step()
        victim.step(fate)
        assert victim.done
        assert victim.output is None
    toy.ASK(toy.asking("first", session_id, "token-2"), None)
    toy.ASK(toy.asking("first", session_id, "token-3"), None)
    assert invited(session_id) == ["ann", "ben"]
    row, record = question_of(session_id), record_of(session_id)
    assert (row["token"], row["status"]) == ("token-3", "open")
    assert "askedAt" in row
    assert record["status"] == "waiting"
    assert record["waitingFor"]["expiresAt"] == row["expiresAt"]


@pytest.mark.parametrize("order", range(2**5))
def test_two_at_once_ask_everybody_once_and_leave_one_question_with_a_token_in_every_order(order: int) -> None:
    session_id = started()
    with interleaved():
        twins = [toy.deliver_ask("first", session_id, f"token-{number}") for number in range(2)]
        for turn in range(5):
            if not twins[order >> turn & 1].done:
                twins[order >> turn & 1].step()
        first, second = (twin.finish() for twin in twins)
    assert (first.error, second.error) == (None, None)
    assert first.output == second.output
    assert invited(session_id) == ["ann", "ben"]
    assert record_of(session_id)["status"] == "waiting"
    assert question_of(session_id)["token"] in ("token-0", "token-1")


@pytest.mark.parametrize("turns", range(CALLS + 1))
def test_a_slow_delivery_overwrites_no_decision_and_leaves_the_session_going_on(turns: int) -> None:
    """The answer comes while the second delivery stands before one of its calls."""
    session_id = asked_session("token-1")
    callback_id = callback_id_of(session_id, "Ask")
    invited(session_id)
    with tasks("token-1", "token-2") as waiting:
        with interleaved():
            slow = toy.deliver_ask("first", session_id, "token-2")
            for _ in range(turns):
                if not slow.done:
                    slow.step()
            assert decide(session_id, "approve")
            deliver(callback_id)
            slow.finish()
        deliver(callback_id)  # of the row's second change, where there was one
    assert slow.error is None
    row, record = question_of(session_id), record_of(session_id)
    assert (row["status"], row["decision"]["action"]) == ("delivered", "approve")
    assert waiting.answered[row["token"]]["action"] == "approve"
    assert (record["status"], record["steps"]["Ask"]["status"]) == ("processing", "succeeded")
    assert "waitingFor" not in record
    assert invited(session_id) == []


def test_an_answer_that_comes_before_anybody_was_asked_leaves_nobody_to_ask() -> None:
    """A trusted service may signal as soon as the question is kept."""
    session_id = started()
    with tasks("token-1") as waiting, interleaved():
        asking = toy.deliver_ask("first", session_id, "token-1")
        asking.step()
        asking.step()
        assert decide(session_id)
        deliver(callback_id_of(session_id, "Ask"))
        asking.finish()
    assert asking.error is None
    assert waiting.answered.keys() == {"token-1"}
    assert record_of(session_id)["steps"]["Ask"]["status"] == "succeeded"
    assert invited(session_id) == []


def test_a_delivery_that_a_later_one_overtook_does_not_put_its_older_token_back() -> None:
    session_id = started()
    with interleaved():
        overtaken = toy.deliver_ask("first", session_id, "token-1")
        overtaken.step()
        toy.ASK(toy.asking("first", session_id, "token-2"), None)
        overtaken.finish()
    assert overtaken.error is None
    assert question_of(session_id)["token"] == "token-2"
    assert invited(session_id) == ["ann", "ben"]


class TestARetriedSession:
    """The session's execution failed while it waited, and the next one comes to the same step."""

    def retry(self, session_id: str, token: str) -> None:
        with interleaved():
            toy.reconcile("first", session_id, "FAILED").finish()
        next_attempt(Table("sessions-test"), record_of(session_id))
        toy.OPEN(toy.event(f"{session_id}-2", session_id, amount=7), None)
        toy.ASK(toy.asking(f"{session_id}-2", session_id, token), None)

    def test_with_an_open_question_it_asks_again_with_a_fresh_expiry(self) -> None:
        session_id = asked_session("token-1")
        before = question_of(session_id)
        assert invited(session_id) == ["ann", "ben"]
        with later(600):
            self.retry(session_id, "token-2")
        after = question_of(session_id)
        assert after["callbackId"] == before["callbackId"]
        assert (after["token"], after["executionArn"]) == ("token-2", toy.execution_arn(f"{session_id}-2"))
        assert after["expiresAt"] > before["expiresAt"]
        assert record_of(session_id)["waitingFor"]["expiresAt"] == after["expiresAt"]
        assert invited(session_id) == ["ann", "ben"]

    def test_with_a_question_that_expired_it_can_be_answered_again(self) -> None:
        session_id = asked_session("token-1")
        with later(toy.EXPIRES_IN + 1):
            assert not decide(session_id)
            self.retry(session_id, "token-2")
            assert decide(session_id)

    def test_with_an_answer_that_came_too_late_for_the_former_execution_it_gets_that_answer(self) -> None:
        session_id = asked_session("token-1")
        invited(session_id)
        assert decide(session_id, "reject", comment="too dear")
        with interleaved():
            toy.reconcile("first", session_id, "FAILED").finish()
        with tasks("token-2") as waiting:
            deliver(callback_id_of(session_id, "Ask"))
            assert question_of(session_id)["status"] == "too_late"
            self.retry(session_id, "token-2")
            assert question_of(session_id)["status"] == "decided"
            deliver(callback_id_of(session_id, "Ask"))
        assert waiting.answered["token-2"]["comment"] == "too dear"
        assert question_of(session_id)["status"] == "delivered"
        assert record_of(session_id)["steps"]["Ask"]["status"] == "succeeded"

    def test_with_an_answer_that_the_former_execution_had_it_gets_it_without_waiting(self) -> None:
        session_id = asked_session("token-1")
        assert decide(session_id)
        with tasks("token-1", "token-2") as waiting:
            deliver(callback_id_of(session_id, "Ask"))
            invited(session_id)
            self.retry(session_id, "token-2")
            assert record_of(session_id)["status"] == "processing"
            deliver(callback_id_of(session_id, "Ask"))
        assert waiting.answered["token-1"] == waiting.answered["token-2"]
        assert invited(session_id) == []

    def test_a_delivery_of_the_former_execution_that_was_overtaken_changes_nothing(self) -> None:
        session_id = started()
        with interleaved():
            overtaken = toy.deliver_ask("first", session_id, "token-1")
            overtaken.step()
        self.retry(session_id, "token-2")
        row, record = question_of(session_id), record_of(session_id)
        overtaken.finish()
        assert isinstance(overtaken.error, StaleExecution)
        assert question_of(session_id) == row
        assert record_of(session_id) == record
