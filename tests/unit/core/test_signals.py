"""A step that only signals answer, and who is told that something is asked: links for nobody, notices once."""

from typing import Any

import pytest

from core.asking import asking_step
from core.callback_rows import callback_id_of
from core.callbacks import Callbacks
from core.clock import now
from core.notifications import Notification
from core.questions import Approval, Decision
from core.settings import WrongSettings, load
from core.step import Session
from tests.support import toy
from tests.support.decisions import deliver
from tests.support.interleaving import Fate, interleaved
from tests.support.tables import callback_of, notifications, record_of
from tests.support.waits import CALLBACKS, decide, later, question_of, tasks

pytestmark = pytest.mark.usefixtures("shared_tables")

AWAIT_CALLS = [
    "update_item sessions-test",
    "put_item callbacks-test",
    "update_item sessions-test",
    "send_message",
    "update_item callbacks-test",
]


@pytest.fixture(autouse=True)
def _nobody_told_yet(shared_tables: None) -> None:
    notifications()


def _telling(text: str) -> Notification:
    return Notification(
        audience="members", recipient="cleo", workflow="toy", session_id="told", subject="Asked", text=text
    )


def _ask_and_tell(request: toy.Amount, session: Session) -> Approval:
    asked = toy.ask(request, session)
    return asked.model_copy(update={"signals": ("update", "cancel"), "notices": (_telling("one"), _telling("two"))})


_ask_and_tell.__annotations__ = {"request": toy.Amount, "session": Session, "return": Approval}
_ask_and_tell.__module__ = "toy.ask"
ASK = asking_step(phase="awaiting_approval", progress=30)(_ask_and_tell)


def started() -> str:
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    return session_id


def await_signal(session_id: str, token: str = "token-1", **beside: Any) -> Any:
    return toy.AWAIT(toy.asking("first", session_id, token, **beside), None)


def ask(session_id: str, token: str = "token-1", execution: str = "first", **beside: Any) -> Any:
    return ASK(toy.asking(execution, session_id, token, **beside), None)


def told() -> list[tuple[str, str]]:
    """Whom something was said to, and which of the notices, since the last look."""
    return sorted(
        (one["recipient"], one["text"] if one["audience"] == "members" else "link") for one in notifications()
    )


INVITED = [("ann", "link"), ("ben", "link")]
NOTICES = [("cleo", "one"), ("cleo", "two")]


class TestSignals:
    def test_the_session_waits_for_a_signal_and_nobody_is_given_a_link(self) -> None:
        session_id = started()
        await_signal(session_id)
        row, record = callback_of(session_id, "AwaitSignal"), record_of(session_id)
        assert (row["kind"], row["accepts"], row["question"], row["status"]) == (
            "signal",
            ["move", "cancel"],
            {},
            "open",
        )
        assert "signals" not in row
        assert (record["status"], record["waitingFor"]["kind"]) == ("waiting", "signal")
        (sent,) = notifications()
        assert (sent["audience"], sent["text"]) == ("members", "7 toys wait for a signal.")

    def test_it_asks_nothing_of_the_api_s_url_and_of_no_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        session_id = started()
        for name in ("APPROVALS_SECRET", "API_URL_PARAMETER"):
            monkeypatch.delenv(name)
        load.cache_clear()
        await_signal(session_id)
        load.cache_clear()
        assert record_of(session_id)["status"] == "waiting"

    def test_its_signal_is_delivered_with_the_payload(self) -> None:
        session_id = started()
        await_signal(session_id)
        callback_id = callback_id_of(session_id, "AwaitSignal")
        signal = Decision(action="move", by="cleo", at=now(), payload={"to": "noon"})
        assert Callbacks(CALLBACKS).decide(callback_id, signal)[0]
        with tasks("token-1") as waiting:
            deliver(callback_id)
        assert waiting.answered["token-1"]["payload"] == {"to": "noon"}
        assert record_of(session_id)["steps"]["AwaitSignal"]["status"] == "succeeded"

    @pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
    @pytest.mark.parametrize("fatal", range(len(AWAIT_CALLS)))
    def test_killed_at_any_call_and_tried_again_it_waits_and_has_told_once(self, fatal: int, fate: Fate) -> None:
        session_id = started()
        with interleaved():
            victim = toy.deliver_ask("first", session_id, "token-1", step=toy.AWAIT)
            for _ in range(fatal):
                victim.step()
            victim.step(fate)
        assert victim.done
        assert victim.calls == AWAIT_CALLS[: fatal + 1]
        for token in ("token-2", "token-3"):
            await_signal(session_id, token)
        assert len(notifications()) == 1
        assert (record_of(session_id)["status"], callback_of(session_id, "AwaitSignal")["token"]) == (
            "waiting",
            "token-3",
        )


class TestNotices:
    def test_are_sent_beside_the_invitations_and_not_again_on_a_repeated_delivery(self) -> None:
        session_id = started()
        ask(session_id)
        assert told() == [*INVITED, *NOTICES]
        ask(session_id)
        ask(session_id, "token-2")
        assert told() == []

    def test_are_sent_once_more_for_each_further_round(self) -> None:
        """The queue, which drops what it holds or has held under the same id, holds them all until the end."""
        session_id = started()
        for number, token in enumerate(("token-1", "token-2"), start=1):
            ask(session_id, token, item=number)
            assert decide(session_id, "update")
            with tasks(token):
                deliver(callback_id_of(session_id, "Ask"))
            ask(session_id, token, item=number)  # a late delivery
        assert told() == sorted(2 * [*INVITED, *NOTICES])

    def test_of_an_asking_that_died_before_all_were_told_are_sent_once_each(self) -> None:
        for fatal in (3, 4, 5, 6):
            session_id = started()
            with interleaved():
                victim = toy.deliver_ask("first", session_id, "token-1", step=ASK)
                for _ in range(fatal):
                    victim.step()
                victim.step(Fate.DIE_AFTER)
            ask(session_id, "token-2")
            assert told() == [*INVITED, *NOTICES]

    def test_are_on_no_page_and_in_no_row(self) -> None:
        session_id = started()
        ask(session_id)
        row = question_of(session_id)
        assert row["question"].keys() == {"title", "askedBy", "facts", "items", "total"}
        assert (row["accepts"], row["signals"]) == (["approve", "reject", "update", "cancel"], ["update", "cancel"])


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (toy.AWAIT, "NOTIFICATIONS_QUEUE_URL"),
        (toy.AWAIT, "CALLBACKS_TABLE"),
        (toy.ASK, "NOTIFICATIONS_QUEUE_URL"),
        (toy.ASK, "APPROVALS_SECRET"),
    ],
)
def test_a_missing_setting_is_named_before_anything_is_written(
    step: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = started()
    before = record_of(session_id)
    monkeypatch.delenv(name)
    load.cache_clear()
    with pytest.raises(WrongSettings, match=name):
        step(toy.asking("first", session_id, "token-1"), None)
    load.cache_clear()
    assert record_of(session_id) == before
    assert callback_of(session_id, step.name) is None


def test_a_question_that_is_asked_again_later_tells_nobody_twice() -> None:
    session_id = started()
    ask(session_id)
    with later(600):
        ask(session_id, "token-2")
    assert told() == [*INVITED, *NOTICES]
