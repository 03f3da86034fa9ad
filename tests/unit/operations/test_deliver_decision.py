"""A decision on its way from its row to the machine: once, in time, whatever dies or is repeated in between."""

import io
import json
from typing import Any

import pytest

from core.callback_rows import callback_id_of
from core.clock import now
from core.observability import logger
from operations import deliver_decision
from tests.support import toy
from tests.support.decisions import deliver
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.tables import notifications, record_of
from tests.support.waits import asked_session, decide, later, question_of, tasks

pytestmark = pytest.mark.usefixtures("shared_tables")

CALLS = [
    "get_item callbacks-test",
    "get_item sessions-test",
    "update_item sessions-test",
    "put_item steps-test",
    "send_task_success",
]


def change(session_id: str, number: int = 1) -> dict[str, Any]:
    """A record of the stream of `callbacks`; all that is read of it is the key."""
    keys = {"callbackId": {"S": callback_id_of(session_id, "Ask")}}
    return {"eventID": str(number), "dynamodb": {"Keys": keys, "SequenceNumber": f"number-{number}"}}


def deliver_all(*changes: dict[str, Any]) -> list[str]:
    """Invokes the Lambda with these changes. The numbers of those that are to be sent again."""
    answer = deliver_decision.handler({"Records": list(changes)}, None)
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def delivery(session_id: str) -> Delivery:
    """The Lambda with one change, up to its first call."""
    return Delivery("deliver", lambda: deliver_all(change(session_id))).start()


def decided(token: str = "token-1", **fields: Any) -> str:
    session_id = asked_session(token)
    assert decide(session_id, **fields)
    return session_id


class TestTheMachineIsTold:
    def test_what_was_decided_and_nothing_else(self) -> None:
        session_id = asked_session()
        moment = now()
        assert decide(session_id, "reject", "ben", comment="too dear")
        with tasks("token-1") as waiting:
            deliver(callback_id_of(session_id, "Ask"))
        output = waiting.answered["token-1"]
        assert moment <= output.pop("at") <= now()
        assert output == {"action": "reject", "by": "ben", "comment": "too dear", "payload": None}
        assert question_of(session_id)["status"] == "delivered"

    def test_a_payload_comes_as_the_json_that_it_was(self) -> None:
        payload = {"text": "두부", "amounts": [1, 2.5, None], "empty": {}}
        session_id = decided(payload=payload)
        with tasks("token-1") as waiting:
            deliver(callback_id_of(session_id, "Ask"))
        assert waiting.answered["token-1"]["payload"] == payload

    def test_after_the_session_has_left_its_wait(self) -> None:
        session_id = decided()
        with tasks("token-1"), interleaved():
            under_way = delivery(session_id)
            for _ in range(3):
                under_way.step()
            record = record_of(session_id)
            under_way.finish()
        assert under_way.calls == [*CALLS, "update_item callbacks-test"]
        assert (record["status"], record["steps"]["Ask"]["status"]) == ("processing", "succeeded")
        assert "finishedAt" in record["steps"]["Ask"]
        assert "waitingFor" not in record
        assert record_of(session_id) == record

    def test_once_however_often_and_in_whatever_order_the_row_s_changes_come(self) -> None:
        first, second, undecided = decided("token-1"), decided("token-2"), asked_session("token-3")
        order = (second, first, undecided, first, second)
        with tasks("token-1", "token-2", "token-3") as waiting:
            for _ in range(2):
                assert deliver_all(*(change(session_id, n) for n, session_id in enumerate(order))) == []
        assert set(waiting.answered) == {"token-1", "token-2"}
        assert waiting.calls == 2
        assert question_of(undecided)["status"] == "open"

    def test_not_where_the_row_is_gone(self) -> None:
        with tasks() as waiting:
            assert deliver_all(change("no-such-session")) == []
        assert waiting.calls == 0


class TestTheMachineNoLongerWaits:
    @pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
    def test_the_decision_is_too_late(self, code: str) -> None:
        session_id = decided()
        with tasks() as waiting:
            waiting.refusals = [code]
            assert deliver_all(change(session_id)) == []
        assert question_of(session_id)["status"] == "too_late"

    @pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
    def test_nothing_is_sent_for_a_session_that_has_ended(self, status: str) -> None:
        session_id = decided()
        with interleaved():
            toy.reconcile("first", session_id, status).finish()
        before = record_of(session_id)
        with tasks("token-1") as waiting:
            assert deliver_all(change(session_id)) == []
        assert waiting.calls == 0
        assert question_of(session_id)["status"] == "too_late"
        assert record_of(session_id) == before

    def test_a_question_that_nobody_had_answered_in_time_stays_unanswered_in_the_record(self) -> None:
        session_id = decided()
        toy.WORK(toy.event("first", session_id, amount=7), None)  # the machine has gone on without
        before = record_of(session_id)
        with tasks():
            deliver(callback_id_of(session_id, "Ask"))
        assert question_of(session_id)["status"] == "too_late"
        assert record_of(session_id) == before
        assert before["steps"]["Ask"]["error"]["type"] == "NoAnswer"


class TestTryingAgain:
    @pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "SomethingNew"])
    def test_a_decision_that_could_not_be_sent_is_not_settled_and_comes_again(self, code: str) -> None:
        session_id, other = decided("token-1"), decided("token-2")
        with tasks("token-1", "token-2") as waiting:
            waiting.refusals = [code]
            assert deliver_all(change(session_id, 1), change(other, 2)) == ["number-1"]
            assert question_of(session_id)["status"] == "decided"
            assert question_of(other)["status"] == "delivered"
            assert deliver_all(change(session_id, 1), change(other, 2)) == []
        assert set(waiting.answered) == {"token-1", "token-2"}
        assert question_of(session_id)["status"] == "delivered"

    @pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
    @pytest.mark.parametrize("fatal", range(len(CALLS) + 1))
    def test_killed_at_any_call_and_tried_again_it_is_delivered_once(self, fatal: int, fate: Fate) -> None:
        session_id = decided()
        with tasks("token-1") as waiting:
            with interleaved():
                victim = delivery(session_id)
                for _ in range(fatal):
                    victim.step()
                victim.step(fate)
            assert victim.output is None
            assert deliver_all(change(session_id)) == []
        assert len(waiting.answered) == 1
        assert question_of(session_id)["status"] == "delivered"
        assert record_of(session_id)["steps"]["Ask"]["status"] == "succeeded"

    @pytest.mark.parametrize("turns", range(1, len(CALLS) + 1))
    def test_where_a_newer_token_comes_meanwhile_the_task_that_has_it_is_told(self, turns: int) -> None:
        """The first delivery knows the old token alone; the row's change by the newer one brings the second."""
        session_id = decided("token-1")
        with tasks("token-2") as waiting:
            with interleaved():
                under_way = delivery(session_id)
                for _ in range(turns):
                    under_way.step()
                toy.ASK(toy.asking("first", session_id, "token-2"), None)
                under_way.finish()
            assert under_way.error is None
            assert deliver_all(change(session_id)) == []
        assert set(waiting.answered) == {"token-2"}
        assert question_of(session_id)["status"] == "delivered"

    def test_two_at_once_deliver_it_once_in_every_order(self) -> None:
        for order in range(2**5):
            session_id = decided()
            with tasks("token-1") as waiting, interleaved():
                twins = [delivery(session_id) for _ in range(2)]
                for turn in range(5):
                    if not twins[order >> turn & 1].done:
                        twins[order >> turn & 1].step()
                assert [twin.finish().output for twin in twins] == [[], []]
            assert len(waiting.answered) == 1
            assert question_of(session_id)["status"] == "delivered"


class TestLogs:
    @pytest.fixture
    def written(self, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
        stream = io.StringIO()
        monkeypatch.setattr(logger.registered_handler, "stream", stream)
        return stream

    def test_hold_no_token_no_link_no_comment_and_no_payload_and_tell_what_became_of_it(
        self, written: io.StringIO, capsys: pytest.CaptureFixture[str]
    ) -> None:
        session_id = asked_session("token-hush")
        ticket = notifications()[-1]["text"].rpartition("ticket=")[2]
        assert decide(session_id, "approve", comment="comment-hush", payload={"card": "payload-hush"})
        with tasks("token-hush") as waiting:
            waiting.refusals = ["ThrottlingException", "SomethingNew"]
            while deliver_all(change(session_id)):
                pass
            with later(60):
                toy.ASK(toy.asking("first", session_id, "token-hush-2"), None)
            assert deliver_all(change(session_id)) == []
        told = written.getvalue() + capsys.readouterr().out
        assert "hush" not in told
        assert ticket not in told
        settled = [line for line in map(json.loads, written.getvalue().splitlines()) if "status" in line]
        assert {line["session_id"] for line in settled} == {session_id}
        assert settled[0]["status"] == "delivered"
