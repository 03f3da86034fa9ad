"""An approval that services may change by signals: what its page shows, and what an approver's decision is of."""

import re
from typing import Any

import pytest

from core.callback_rows import CallbackRow, CallbackStatus, callback_id_of, decision_of
from core.callbacks import Callbacks
from core.record import Status, Table
from core.sessions import close
from tests.support.tables import record_of
from tests.support.waits import closing
from tests.unit.api.calling import Answer, approval, asked, at_once, waiting
from tests.unit.api.test_answers import row_of, signal
from tests.unit.api.test_approvals import decide, show, words

pytestmark = pytest.mark.usefixtures("tables")


def ask(**changes: Any) -> CallbackRow:
    return waiting("s-1", approval(signals=("update", "cancel"), **changes))


def ask_again(**changes: Any) -> CallbackRow:
    """The next round of the same question, as the machine asks it once it has dealt with a signal."""
    question = approval(signals=("update", "cancel"), **changes)
    return asked(record_of("s-1"), question, "token-2", "RequestApproval#2")


def end(status: Status = Status.CANCELLED) -> None:
    record = record_of("s-1")
    assert close(Table("sessions-test"), record, record["executionArn"], status, lambda _: None)


def round_of(page: Answer) -> str:
    """The hidden field by which a form tells which round it is of."""
    (found,) = re.findall(r'<input type="hidden" name="round" value="([^"]+)">', page.text)
    return str(found)


class TestThePage:
    def test_has_no_button_for_what_only_services_may_signal(self) -> None:
        row = ask()

        page = show(row)

        assert re.findall(r'name="action" value="(\w+)"', page.text) == ["approve", "reject"]
        assert "update" not in words(page).lower()
        assert round_of(page) == row["round"]

    @pytest.mark.parametrize("action", ["update", "cancel"])
    def test_takes_none_of_them_as_a_decision_and_names_what_may_be_decided(self, action: str) -> None:
        row = ask()

        answer = decide(row, action)

        assert answer.status == 400
        assert "Choose one of: approve, reject." in words(answer)
        assert row_of(row["callbackId"])["status"] == "open"

    def test_says_that_it_has_just_changed_while_a_signal_is_dealt_with(self) -> None:
        row = ask()
        assert signal("update", {"payload": {"days": 3}}).status == 202
        for status in (CallbackStatus.DECIDED, CallbackStatus.DELIVERED):
            Callbacks("callbacks-test").settle(row_of(row["callbackId"]), status)

            for answer in (show(row), decide(row), decide(row, seen=row["round"]), decide(row, "update")):
                assert answer.status == 409
                assert "This has just changed" in words(answer)
                assert "Open the link again" in words(answer)
        assert decision_of(row_of(row["callbackId"])).action == "update"

    def test_says_that_it_is_no_longer_open_once_the_session_ended_by_a_signal(self) -> None:
        row = ask()
        signal("cancel")
        end()

        for answer in (show(row), decide(row), decide(row, "reject", seen=row["round"])):
            assert answer.status == 410
            assert "This is no longer open" in words(answer)
        assert decision_of(row_of(row["callbackId"])).action == "cancel"

    def test_shows_what_a_service_decided_with_one_of_the_approver_s_own_words(self) -> None:
        row = ask()
        signal("approve", {"by": "the-app"})

        assert "By the-app" in words(show(row))
        assert decide(row).status == 409
        end(Status.FAILED)
        assert "By the-app" in words(show(row))

    def test_says_that_the_time_is_over_where_the_machine_went_on_without_an_answer(self) -> None:
        row = ask()
        assert Callbacks("callbacks-test").close(closing("s-1"), "RequestApproval") is None

        for answer in (show(row), decide(row)):
            assert answer.status == 410
            assert "nobody had decided" in words(answer)
        assert "decision" not in row_of(row["callbackId"])


class TestARoundThatIsOver:
    def test_a_page_of_it_decides_nothing_and_says_that_something_changed(self) -> None:
        first = round_of(show(ask()))
        signal("update")
        second = ask_again(title="Approve order ord-1, changed?")

        answer = decide(second, seen=first)

        assert answer.status == 409
        assert "This has just changed" in words(answer)
        assert row_of(second["callbackId"]) == second

    def test_the_page_of_the_present_one_decides_and_so_does_a_form_without_a_page(self) -> None:
        row = ask()
        signal("update")
        row = ask_again(title="Approve order ord-1, changed?")
        page = show(row)
        assert "ord-1, changed?" in words(page)

        assert decide(row, "reject", seen=round_of(page)).status == 200
        assert decision_of(row_of(row["callbackId"])).action == "reject"

        other = waiting("s-2", approval())
        assert decide(other).status == 200

    def test_a_page_of_it_is_told_what_was_decided_since(self) -> None:
        first = ask()["round"]
        signal("update")
        row = ask_again()
        assert decide(row, approver="ben").status == 200

        answer = decide(row, "reject", seen=first)

        assert answer.status == 409
        assert "Already approved" in words(answer)
        assert "By ben" in words(answer)

    @pytest.mark.parametrize("seen", ["", "x", "é", "2026-11-21T09:00:00.000Z/RequestApproval"])
    def test_a_round_that_never_was_is_not_the_present_one_unless_it_is_left_out(self, seen: str) -> None:
        row = ask()

        assert decide(row, seen=seen).status == (200 if seen == "" else 409)


class TestRaces:
    @pytest.fixture
    def before_commit(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Has something happen between an approver's look and their commit."""
        real = Callbacks.decide

        def put(happens: Any) -> None:
            def beaten(self: Callbacks, *rest: Any, **more: Any) -> Any:
                monkeypatch.setattr(Callbacks, "decide", real)
                happens()
                return real(self, *rest, **more)

            monkeypatch.setattr(Callbacks, "decide", beaten)

        return put

    def test_a_signal_between_look_and_commit_stands_and_the_approver_is_told(self, before_commit: Any) -> None:
        row = ask()
        before_commit(lambda: signal("update"))

        answer = decide(row)

        assert answer.status == 409
        assert "This has just changed" in words(answer)
        assert decision_of(row_of(row["callbackId"])).action == "update"

    @pytest.mark.parametrize("form", [{}, {"seen": "present"}])
    def test_a_round_that_is_asked_between_look_and_commit_is_not_decided_unseen(
        self, before_commit: Any, form: Any
    ) -> None:
        row = ask()
        seen = {"seen": row["round"]} if form else {}

        def changes() -> None:
            signal("update")
            ask_again()

        before_commit(changes)

        assert decide(row, **seen).status == 409
        assert "decision" not in row_of(row["callbackId"])

    def test_a_cancellation_between_look_and_commit_is_told_as_such(self, before_commit: Any) -> None:
        row = ask()

        def cancels() -> None:
            signal("cancel")
            end()

        before_commit(cancels)

        assert decide(row).status == 410
        assert decision_of(row_of(row["callbackId"])).action == "cancel"

    def test_of_approvers_and_services_at_once_one_stands(self) -> None:
        row = ask()

        answers = at_once(
            lambda number: (
                signal(["update", "cancel"][number % 4 // 2])
                if number % 2
                else decide(row, ["approve", "reject"][number % 4 // 2], approver=f"approver-{number}")
            )
        )

        assert sum(answer.status in (200, 202) for answer in answers) == 1
        assert {answer.status for answer in answers if answer.status not in (200, 202)} == {409}
        assert row_of(callback_id_of("s-1", "RequestApproval"))["status"] == "decided"
