"""A step that asks: the question is kept, the session waits, and only then is anybody asked, once."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core import aws, links
from core.asking import asking_step
from core.callback_rows import CallbackStatus, callback_id_of
from core.errors import InvalidInput, SessionClosed
from core.questions import Webhook
from core.record import KEPT_DAYS
from core.settings import WrongSettings, load
from core.step import Session
from tests.support import toy
from tests.support.decisions import deliver
from tests.support.interleaving import interleaved
from tests.support.tables import API_URL, notifications, record_of
from tests.support.waits import asked_session, decide, invited, later, question_of, tasks

pytestmark = pytest.mark.usefixtures("shared_tables")


@pytest.fixture(autouse=True)
def _nobody_asked_yet(shared_tables: None) -> None:
    notifications()


def started() -> str:
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    return session_id


class TestAsking:
    def test_the_token_is_kept_before_the_session_waits_and_only_then_is_anybody_asked(self) -> None:
        session_id = started()
        with interleaved():
            asking = toy.deliver_ask("first", session_id, "token-1").finish()
        assert asking.output == {"callbackId": callback_id_of(session_id, "Ask")}
        assert asking.calls == [
            "update_item sessions-test",
            "put_item callbacks-test",
            "update_item sessions-test",
            "send_message",
            "send_message",
            "update_item callbacks-test",
        ]

    def test_the_record_says_what_the_session_waits_for(self) -> None:
        session_id = asked_session()
        record, row = record_of(session_id), question_of(session_id)
        assert (record["status"], record["phase"], record["progress"]) == ("waiting", "awaiting_approval", 30)
        assert record["waitingFor"] == {
            "callbackId": row["callbackId"],
            "kind": "approval",
            "step": "Ask",
            "expiresAt": row["expiresAt"],
        }
        assert record["steps"]["Ask"]["status"] == "waiting"
        assert "finishedAt" not in record["steps"]["Ask"]

    def test_the_row_holds_the_question_and_what_the_answer_needs(self) -> None:
        session_id = asked_session("token-9")
        row, began = question_of(session_id), record_of(session_id)["createdAt"]
        moments = {name: row.pop(name) for name in ("createdAt", "updatedAt", "askedAt", "expiresAt", "ttl")}
        assert moments["createdAt"] < moments["expiresAt"]
        assert moments["ttl"] > toy.EXPIRES_IN + KEPT_DAYS * 24 * 3600
        assert row == {
            "callbackId": callback_id_of(session_id, "Ask"),
            "token": "token-9",
            "sessionId": session_id,
            "workflow": "toy",
            "stepKey": "Ask",
            "round": f"{began}/Ask",
            "version": 2,
            "executionArn": toy.execution_arn("first"),
            "kind": "approval",
            "question": {
                "title": "Spend 7?",
                "askedBy": "toy",
                "facts": [{"label": "For", "value": "toys"}],
                "items": [],
                "total": "7.00 USD",
            },
            "accepts": ["approve", "reject"],
            "status": "open",
        }

    def test_each_approver_gets_a_link_of_their_own_and_no_token(self) -> None:
        session_id = asked_session("token-secret")
        sent = notifications()
        assert [one["recipient"] for one in sent] == list(toy.APPROVERS)
        for one in sent:
            assert (one["audience"], one["workflow"], one["subject"]) == ("approvers", "toy", "Spend 7?")
            assert {"Spend 7?", "Asked by toy", "For: toys", "Total: 7.00 USD"} <= set(one["text"].splitlines())
            url = urlsplit(one["text"].splitlines()[-1])
            callback_id = callback_id_of(session_id, "Ask")
            assert f"{url.scheme}://{url.netloc}{url.path}" == f"{API_URL}/approvals/{callback_id}"
            (ticket,) = parse_qs(url.query)["ticket"]
            assert links.approver_of(ticket, callback_id, "a" * 64) == one["recipient"]
            assert "token-secret" not in str(one)

    def test_an_ended_session_asks_nobody(self) -> None:
        session_id = started()
        with interleaved():
            toy.reconcile("first", session_id, "ABORTED").finish()
        before = record_of(session_id)
        with pytest.raises(SessionClosed):
            toy.ASK(toy.asking("first", session_id, "token-1"), None)
        assert record_of(session_id) == before
        assert question_of(session_id) is None
        assert invited(session_id) == []

    def test_a_session_stopped_after_the_question_was_kept_asks_nobody(self) -> None:
        session_id = started()
        with interleaved():
            asking = toy.deliver_ask("first", session_id, "token-1")
            asking.step()
            asking.step()
            toy.reconcile("first", session_id, "ABORTED").finish()
            asking.finish()
        assert isinstance(asking.error, SessionClosed)
        assert invited(session_id) == []
        assert record_of(session_id)["status"] == "cancelled"

    def test_without_a_task_token_the_step_fails_and_says_what_the_state_must_be(self) -> None:
        session_id = started()
        with pytest.raises(InvalidInput, match=r"taskToken: is missing: .*waitForTaskToken"):
            toy.ASK(toy.event("first", session_id, amount=7), None)
        assert record_of(session_id)["steps"]["Ask"]["error"]["type"] == "InvalidInput"
        assert question_of(session_id) is None

    @pytest.mark.parametrize("name", ["CALLBACKS_TABLE", "API_URL_PARAMETER"])
    def test_a_missing_setting_is_named_before_anything_is_written(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session_id = started()
        before = record_of(session_id)
        monkeypatch.delenv(name)
        load.cache_clear()
        with pytest.raises(WrongSettings, match=name):
            toy.ASK(toy.asking("first", session_id, "token-1"), None)
        load.cache_clear()
        assert record_of(session_id) == before

    def test_when_the_api_s_url_cannot_be_read_the_step_fails_and_the_next_delivery_asks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session_id = started()
        with monkeypatch.context() as wrong:
            wrong.setenv("API_URL_PARAMETER", "/not/there")
            load.cache_clear()
            with pytest.raises(aws.ssm().exceptions.ParameterNotFound):
                toy.ASK(toy.asking("first", session_id, "token-1"), None)
        load.cache_clear()
        assert record_of(session_id)["steps"]["Ask"]["status"] == "failed"
        assert invited(session_id) == []
        toy.ASK(toy.asking("first", session_id, "token-2"), None)
        assert invited(session_id) == ["ann", "ben"]
        assert record_of(session_id)["steps"]["Ask"]["status"] == "waiting"


class TestAskingAgain:
    def test_a_repeated_delivery_asks_nobody_again_and_changes_no_row(self) -> None:
        session_id = asked_session("token-1")
        before = question_of(session_id)
        assert invited(session_id) == ["ann", "ben"]
        toy.ASK(toy.asking("first", session_id, "token-1"), None)
        assert question_of(session_id) == before
        assert invited(session_id) == []
        assert record_of(session_id)["status"] == "waiting"

    def test_a_retry_keeps_the_link_and_the_newest_token_and_asks_nobody_again(self) -> None:
        session_id = asked_session("token-1")
        before = question_of(session_id)
        invited(session_id)
        with later(60):
            assert toy.ASK(toy.asking("first", session_id, "token-2"), None)["callbackId"] == before["callbackId"]
        after = question_of(session_id)
        assert after["token"] == "token-2"
        unchanged = before.keys() - {"token", "version", "updatedAt"}
        assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}
        assert invited(session_id) == []

    def test_a_further_visit_asks_anew_under_the_same_link(self) -> None:
        session_id = started()
        toy.ASK(toy.asking("first", session_id, "token-1", item=1), None)
        first = question_of(session_id)
        decide(session_id, "reject")
        with tasks("token-1"):
            deliver(first["callbackId"])
        invited(session_id)
        toy.ASK(toy.asking("first", session_id, "token-2", item=2), None)
        second = question_of(session_id)
        assert (second["callbackId"], second["stepKey"]) == (first["callbackId"], "Ask#2")
        assert (second["status"], second["token"]) == (CallbackStatus.OPEN, "token-2")
        assert "decision" not in second
        assert invited(session_id) == ["ann", "ben"]
        assert record_of(session_id)["waitingFor"]["step"] == "Ask#2"

    def test_a_late_delivery_of_an_answered_visit_leaves_the_next_visit_s_question_open(self) -> None:
        session_id = started()
        toy.ASK(toy.asking("first", session_id, "token-1", item=1), None)
        decide(session_id, "reject")
        with tasks("token-1"):
            deliver(callback_id_of(session_id, "Ask"))
        toy.ASK(toy.asking("first", session_id, "token-2", item=2), None)
        record, row = record_of(session_id), question_of(session_id)
        toy.ASK(toy.asking("first", session_id, "token-1b", item=1), None)
        assert question_of(session_id) == row
        assert record_of(session_id) == record

    def test_a_session_of_an_id_that_is_used_again_asks_anew(self) -> None:
        session_id = asked_session("token-1")
        decide(session_id)
        invited(session_id)
        aws.dynamodb().delete_item(TableName="sessions-test", Key={"sessionId": {"S": session_id}})
        with later(60):
            toy.OPEN(toy.event("new", session_id, amount=7), None)
            toy.ASK(toy.asking("new", session_id, "token-2"), None)
        row = question_of(session_id)
        assert (row["status"], row["executionArn"]) == ("open", toy.execution_arn("new"))
        assert invited(session_id) == ["ann", "ben"]


class TestWebhooks:
    @pytest.fixture
    def sent(self) -> list[str]:
        return []

    @pytest.fixture
    def wait(self, sent: list[str]) -> Any:
        """A step that waits for a webhook; its first send fails."""

        def wait_toy(request: toy.Amount, session: Session) -> Webhook:
            def send(url: str) -> None:
                sent.append(url)
                if len(sent) == 1:
                    raise ConnectionError

            return Webhook(accepts=("done",), expires_in=60, send=send)

        wait_toy.__module__ = "toy.wait_toy"
        return asking_step(phase="waiting", progress=40)(wait_toy)

    def test_the_other_system_is_asked_until_it_was_and_then_no_more(self, wait: Any, sent: list[str]) -> None:
        session_id = started()
        with pytest.raises(ConnectionError):
            wait(toy.asking("first", session_id, "token-1"), None)
        for token in ("token-2", "token-3"):
            wait(toy.asking("first", session_id, token), None)
        url = f"{API_URL}/callbacks/{callback_id_of(session_id, 'WaitToy')}"
        assert sent == [url, url]
        record = record_of(session_id)
        assert (record["status"], record["waitingFor"]["kind"]) == ("waiting", "webhook")
        assert invited(session_id) == []

    def test_it_needs_no_secret_and_no_queue(self, wait: Any, sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        sent.append("before")
        session_id = started()
        for name in ("APPROVALS_SECRET", "NOTIFICATIONS_QUEUE_URL"):
            monkeypatch.delenv(name)
        load.cache_clear()
        wait(toy.asking("first", session_id, "token-1"), None)
        load.cache_clear()
        assert len(sent) == 2
