"""A question that the machine closes because it goes on without an answer: closed or answered, never both."""

from dataclasses import replace
from typing import Any

import pytest

from core.callback_rows import CallbackStatus, callback_id_of, decision_of
from core.callbacks import Callbacks
from core.clock import now
from core.questions import Decision
from core.record import Table
from core.starts import next_attempt
from tests.support import toy
from tests.support.decisions import deliver
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.tables import callback_of, record_of
from tests.support.waits import CALLBACKS, closing, later, tasks
from tests.unit.core.test_starts import ended

pytestmark = pytest.mark.usefixtures("shared_tables")

STEP = "AwaitSignal"
MOVE = Decision(action="move", by="cleo", at="2026-11-21T09:30:00.125Z", comment="later", payload={"to": [1, 2.5]})


def waiting(*tokens: str) -> str:
    """A session that waits for a signal, in as many visits as there are tokens; each before the last was moved."""
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    for number, token in enumerate(tokens, start=1):
        toy.AWAIT(toy.asking("first", session_id, token, item=number), None)
        if number < len(tokens):
            signal(session_id)
            with tasks(token):
                deliver(callback_id_of(session_id, STEP))
    return session_id


def signal(session_id: str, decision: Decision = MOVE) -> bool:
    return Callbacks(CALLBACKS).decide(callback_id_of(session_id, STEP), decision)[0]


def close(session_id: str, visit: int = 1) -> Decision | None:
    return Callbacks(CALLBACKS).close(closing(session_id), STEP, visit)


def close_late(session_id: str, visit: int) -> Decision | None:
    """A delivery that claimed its step before the session came to its present question."""
    overtaken = replace(closing(session_id), version=row_of(session_id)["version"] - 1)
    return Callbacks(CALLBACKS).close(overtaken, STEP, visit)


def row_of(session_id: str) -> Any:
    return callback_of(session_id, STEP)


def test_before_any_answer_it_says_so_and_none_is_taken_after_it() -> None:
    session_id = waiting("token-1")
    assert close(session_id) is None
    row = row_of(session_id)
    assert (row["status"], "decision" in row) == ("closed", False)
    assert not signal(session_id)
    assert row_of(session_id) == row


def test_after_an_answer_it_returns_the_whole_of_it_as_delivered() -> None:
    session_id = waiting("token-1")
    assert signal(session_id)
    assert close(session_id) == MOVE
    assert row_of(session_id)["status"] == CallbackStatus.DELIVERED


@pytest.mark.parametrize("answered", [False, True])
def test_twice_it_gives_the_same_and_changes_nothing(answered: bool) -> None:
    session_id = waiting("token-1")
    if answered:
        signal(session_id)
    first, row = close(session_id), row_of(session_id)
    assert close(session_id) == first
    with later(60):
        assert close(session_id) == first
    assert {**row_of(session_id), "updatedAt": ""} == {**row, "updatedAt": ""}


def test_an_answer_that_it_returned_is_not_delivered_once_more_nor_called_too_late() -> None:
    session_id = waiting("token-1")
    signal(session_id)
    close(session_id)
    with tasks() as machine:
        deliver(callback_id_of(session_id, STEP))
    assert machine.calls == 0
    assert row_of(session_id)["status"] == "delivered"


def test_an_answer_that_was_called_too_late_before_is_delivered_with_it() -> None:
    """The machine had stopped waiting; what came is dealt with all the same."""
    session_id = waiting("token-1")
    signal(session_id)
    with tasks():
        deliver(callback_id_of(session_id, STEP))
    assert row_of(session_id)["status"] == "too_late"
    assert close(session_id) == MOVE
    assert row_of(session_id)["status"] == "delivered"


def test_a_question_whose_time_is_over_is_closed_all_the_same() -> None:
    session_id = waiting("token-1")
    with later(toy.EXPIRES_IN + 1):
        assert close(session_id) is None
    assert row_of(session_id)["status"] == "closed"


def test_an_earlier_visit_leaves_the_later_one_s_question_open() -> None:
    session_id = waiting("token-1", "token-2")
    before = row_of(session_id)
    assert close_late(session_id, visit=1) is None
    assert row_of(session_id) == before
    assert signal(session_id)
    assert close_late(session_id, visit=1) is None
    assert row_of(session_id)["status"] == "decided"
    assert close(session_id, visit=2) == MOVE


@pytest.mark.parametrize("visit", [1, 2])
def test_what_a_late_delivery_has_yet_to_ask_is_closed_before(visit: int) -> None:
    session_id = waiting(*["token-1", "token-2"][: visit - 1])
    with interleaved():
        late = toy.deliver_ask("first", session_id, "token-late", toy.AWAIT, item=visit)
        late.step()
        assert close(session_id, visit) is None
        late.finish()
    assert row_of(session_id)["status"] == "closed"
    assert not signal(session_id)


def test_a_further_visit_opens_the_question_anew() -> None:
    session_id = waiting("token-1")
    close(session_id)
    toy.AWAIT(toy.asking("first", session_id, "token-2", item=2), None)
    assert row_of(session_id)["status"] == "open"
    assert signal(session_id)


def test_a_late_delivery_of_the_asking_step_does_not_open_it_again() -> None:
    session_id = waiting("token-1")
    close(session_id)
    toy.AWAIT(toy.asking("first", session_id, "token-1b", item=1), None)
    assert row_of(session_id)["status"] == "closed"
    assert not signal(session_id)


def test_of_a_retried_session_it_stays_closed_as_the_machine_had_decided() -> None:
    session_id = waiting("token-1")
    close(session_id)
    ended(session_id)
    next_attempt(Table("sessions-test"), record_of(session_id))
    toy.AWAIT(toy.asking(f"{session_id}-2", session_id, "token-2", item=1), None)
    assert not signal(session_id)
    assert close(session_id) is None


CLOSING = 4  # calls of closing at most: the record, close, look, settle


@pytest.mark.parametrize("order", range(2**CLOSING))
def test_raced_against_an_answer_exactly_one_stands_in_every_order(order: int) -> None:
    session_id = waiting("token-1")
    with interleaved():
        racing = [
            Delivery("close", lambda: close(session_id)).start(),
            Delivery("signal", lambda: signal(session_id)).start(),
        ]
        for turn in range(CLOSING):
            if not racing[order >> turn & 1].done:
                racing[order >> turn & 1].step()
        closing, signalling = (one.finish() for one in racing)
    assert (closing.error, signalling.error) == (None, None)
    row = row_of(session_id)
    assert (closing.output, signalling.output) in [(None, False), (MOVE, True)]
    assert row["status"] == ("delivered" if signalling.output else "closed")


@pytest.mark.parametrize("turns", range(6))
def test_raced_against_the_delivery_of_the_answer_it_is_never_too_late(turns: int) -> None:
    session_id = waiting("token-1")
    signal(session_id)
    toy.WORK(toy.event("first", session_id, amount=7), None)  # the machine has gone on: its task is closed
    with tasks() as machine:
        with interleaved():
            under_way = Delivery("deliver", lambda: deliver(callback_id_of(session_id, STEP))).start()
            for _ in range(turns):
                if not under_way.done:
                    under_way.step()
            assert close(session_id) == MOVE
            under_way.finish()
        assert under_way.error is None
        assert machine.answered == {}
    assert row_of(session_id)["status"] == "delivered"


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("fatal", range(CLOSING))
@pytest.mark.parametrize("answered", [False, True])
def test_killed_at_any_call_and_repeated_it_gives_what_stands(fatal: int, fate: Fate, answered: bool) -> None:
    session_id = waiting("token-1")
    if answered:
        signal(session_id)
    with interleaved():
        victim = Delivery("close", lambda: close(session_id)).start()
        for _ in range(fatal):
            if not victim.done:
                victim.step()
        if not victim.done:
            victim.step(fate)
    late = signal(session_id, MOVE.model_copy(update={"at": now(), "by": "late"}))
    stands = close(session_id)
    if late:
        assert not answered
        assert stands is not None
        assert stands.by == "late"
    else:
        assert stands == (MOVE if answered else None)
    assert row_of(session_id)["status"] == ("delivered" if stands else "closed")
    if stands:
        assert decision_of(row_of(session_id)) == stands
