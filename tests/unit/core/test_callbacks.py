"""Deciding: the first answer that is accepted and in time stands, whoever else answers."""

from typing import Any

import pytest

from core.callback_rows import CallbackStatus, callback_id_of, decision_of, is_expired
from core.callbacks import Callbacks
from core.clock import now
from core.questions import Decision
from tests.support import toy
from tests.support.decisions import deliver
from tests.support.interleaving import Delivery, interleaved
from tests.support.waits import CALLBACKS, asked_session, decide, later, question_of, row_of, tasks

pytestmark = pytest.mark.usefixtures("shared_tables")


def answer(action: str = "approve", by: str = "ann", **fields: Any) -> Decision:
    return Decision(action=action, by=by, at=now(), **fields)


def test_the_first_decision_stands_and_a_second_is_shown_it() -> None:
    session_id = asked_session()
    callback_id = callback_id_of(session_id, "Ask")
    callbacks, first = Callbacks(CALLBACKS), answer("reject", "ben", comment="no", payload={"a": [1.5]})
    committed, row = callbacks.decide(callback_id, first)
    assert committed
    assert row is not None
    assert (row["status"], decision_of(row)) == (CallbackStatus.DECIDED, first)
    again, seen = callbacks.decide(callback_id, answer("approve", "ann"))
    assert not again
    assert seen == row == callbacks.get(callback_id)


def test_what_was_left_out_is_not_in_the_row() -> None:
    session_id = asked_session()
    assert decide(session_id)
    assert question_of(session_id)["decision"].keys() == {"action", "by", "at"}


def test_of_twenty_at_once_exactly_one_is_committed_and_all_are_shown_it() -> None:
    session_id = asked_session()
    callback_id = callback_id_of(session_id, "Ask")

    def deciding(number: int) -> Delivery:
        return Delivery(str(number), lambda: Callbacks(CALLBACKS).decide(callback_id, answer(by=str(number)))).start()

    with interleaved():
        all_at_once = [deciding(number) for number in range(20)]
        for one in reversed(all_at_once):
            one.step()
        outcomes = [one.finish().output for one in all_at_once]
    assert [committed for committed, _ in outcomes] == [False] * 19 + [True]
    assert {row["decision"]["by"] for _, row in outcomes} == {"19"}


def test_an_expired_question_takes_no_decision_and_what_was_decided_before_stands() -> None:
    in_time, late = asked_session(), asked_session()
    assert decide(in_time)
    with later(toy.EXPIRES_IN - 1):
        assert not is_expired(row_of(late))
    with later(toy.EXPIRES_IN + 1):
        assert is_expired(row_of(late))
        assert not decide(late)
    assert question_of(late)["status"] == "open"
    assert "decision" not in question_of(late)
    assert question_of(in_time)["status"] == "decided"


@pytest.mark.parametrize("action", ["cancel", "", "approv", "Approve"])
def test_an_action_that_is_not_accepted_is_no_decision(action: str) -> None:
    session_id = asked_session()
    assert not decide(session_id, action)
    assert question_of(session_id)["status"] == "open"


def test_an_answer_to_a_round_that_is_over_is_none_to_the_one_that_is_asked_now() -> None:
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    toy.ASK(toy.asking("first", session_id, "token-1", item=1), None)
    first = row_of(session_id)
    assert decide(session_id, "reject")
    with tasks("token-1"):
        deliver(first["callbackId"])
    toy.ASK(toy.asking("first", session_id, "token-2", item=2), None)
    second = row_of(session_id)
    assert first["round"] != second["round"]
    callbacks = Callbacks(CALLBACKS)
    assert callbacks.decide(first["callbackId"], answer(), seen=first["round"]) == (False, second)
    assert callbacks.decide(first["callbackId"], answer(), seen=second["round"])[0]
    assert decision_of(row_of(session_id)).action == "approve"


def test_an_unknown_callback_cannot_be_decided() -> None:
    assert Callbacks(CALLBACKS).decide("0" * 32, answer()) == (False, None)
    assert Callbacks(CALLBACKS).get("0" * 32) is None


def test_a_replayed_webhook_is_known_by_its_id_in_the_row() -> None:
    callback_id = callback_id_of(asked_session(), "Ask")
    outcomes = [
        Callbacks(CALLBACKS).decide(callback_id, answer(), webhook_id=name) for name in ("msg_1", "msg_1", "msg_2")
    ]
    assert [committed for committed, _ in outcomes] == [True, False, False]
    assert [row["decision"]["webhookId"] for _, row in outcomes if row is not None] == ["msg_1"] * 3


def test_a_callback_s_id_is_the_same_for_each_visit_and_another_for_each_step_and_session() -> None:
    ids = {callback_id_of(session, step) for session in ("s1", "s2") for step in ("Ask", "Wait")}
    assert len(ids) == 4
    assert all(len(one) == 32 for one in ids)
