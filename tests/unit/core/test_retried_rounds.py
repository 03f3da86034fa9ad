"""A session that asked in rounds, failed and was retried: each round has its answer, and nobody is asked again."""

import pytest

from core.record import Status, Table
from core.sessions import close
from core.starts import next_attempt
from tests.support import toy
from tests.support.decisions import deliver
from tests.support.tables import record_of
from tests.support.waits import decide, invited, question_of, row_of, tasks

pytestmark = pytest.mark.usefixtures("shared_tables")

ANSWERS = ("reject", "approve", "approve")  # one for each round


def failed_after_its_rounds() -> str:
    """A session whose rounds were answered, which failed after the last, and has its next execution."""
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    for number, action in enumerate(ANSWERS):
        toy.ASK(toy.asking("first", session_id, f"first-{number}", item=number), None)
        assert decide(session_id, action)
        with tasks(f"first-{number}"):
            deliver(row_of(session_id)["callbackId"])
    sessions = Table("sessions-test")
    record = record_of(session_id)
    close(sessions, record, record["executionArn"], Status.FAILED, lambda _: None)
    record = next_attempt(sessions, record_of(session_id))
    assert record["executionArn"] == toy.execution_arn(f"{session_id}-2")
    toy.OPEN(toy.event(f"{session_id}-2", session_id, amount=7), None)
    invited(session_id)
    return session_id


def asked_anew(session_id: str, number: int, token: str) -> str:
    """The next execution comes to a round. The callback's id."""
    told = toy.ASK(toy.asking(f"{session_id}-2", session_id, token, item=number), None)
    return str(told["callbackId"])


def test_each_round_gets_the_answer_it_had_under_its_new_token() -> None:
    session_id = failed_after_its_rounds()
    with tasks(f"{session_id}-0", f"{session_id}-1", f"{session_id}-2") as waiting:
        for number in range(len(ANSWERS)):
            for _ in range(2):  # a repeated delivery
                deliver(asked_anew(session_id, number, f"{session_id}-{number}"))
        assert {token: answer["action"] for token, answer in waiting.answered.items()} == {
            f"{session_id}-0": "reject",
            f"{session_id}-1": "approve",
            f"{session_id}-2": "approve",
        }
    assert invited(session_id) == []
    assert record_of(session_id)["status"] == "processing"


def test_of_two_deliveries_of_a_round_each_token_is_told() -> None:
    session_id = failed_after_its_rounds()
    with tasks("late", f"{session_id}-0") as waiting:
        for callback_id in [asked_anew(session_id, 0, token) for token in (f"{session_id}-0", "late")]:
            deliver(callback_id)
        assert waiting.answered.keys() == {f"{session_id}-0", "late"}


def test_a_late_delivery_of_a_round_before_leaves_the_open_question_alone() -> None:
    session_id = failed_after_its_rounds()
    with tasks(f"{session_id}-0", f"{session_id}-1", f"{session_id}-2"):
        for number in range(len(ANSWERS)):
            deliver(asked_anew(session_id, number, f"{session_id}-{number}"))
    asked_anew(session_id, 3, "newest")
    asked_anew(session_id, 0, f"{session_id}-late")
    row = question_of(session_id)
    assert (row["stepKey"], row["status"], row["token"]) == ("Ask#3", "open", "newest")
    assert invited(session_id) == sorted(toy.APPROVERS)
