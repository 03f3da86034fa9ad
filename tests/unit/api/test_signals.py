"""Signals with payloads: what the workflow's model refuses is refused before anything is committed."""

from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, AwareDatetime, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from api.send_signal import payload_of
from core.callback_rows import decision_of
from core.callbacks import Callbacks
from core.models import Input, sent_at
from core.questions import Signals
from tests.support.clock import at
from tests.support.tables import record_of
from tests.support.waits import closing
from tests.unit.api.calling import approval, call, waiting
from tests.unit.api.test_answers import QUESTION, answer, expire, row_of, signal
from tests.unit.api.test_approvals import decide, show

pytestmark = pytest.mark.usefixtures("tables")

NOON = "2026-11-21T12:00:00Z"
MOVABLE = Signals(accepts=("move", "cancel"), expires_in=3600)


def _upcoming(moment: Any, info: ValidationInfo) -> Any:
    if moment < sent_at(info):
        raise PydanticCustomError("toy", "is in the past")
    return moment


class Move(Input):
    to: Annotated[AwareDatetime, Field(strict=False), AfterValidator(_upcoming)]
    note: str = ""


@pytest.fixture(autouse=True)
def _order_has_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("order.models.SIGNALS", {"move": Move}, raising=False)


def problems(told: Any) -> list[tuple[str, str]]:
    return [(detail["field"], detail["problem"]) for detail in told.json["error"]["details"]]


class TestPayloads:
    def test_a_good_one_is_committed_as_it_was_sent(self) -> None:
        callback_id = waiting("s-1", MOVABLE)["callbackId"]
        payload = {"to": "2099-11-21T15:00:00+01:00"}

        told = signal("move", {"by": "ann", "payload": payload})

        assert (told.status, told.json["status"]) == (202, "decided")
        assert decision_of(row_of(callback_id)).payload == payload

    @pytest.mark.parametrize(
        ("payload", "field"),
        [
            ({"to": "soon"}, "payload.to"),
            ({"to": "2099-11-21T15:00:00"}, "payload.to"),
            ({}, "payload.to"),
            ({"to": "2099-11-21T15:00:00Z", "too": 1}, "payload.too"),
            ({"to": "2099-11-21T15:00:00Z", "note": 1}, "payload.note"),
            ([], "payload"),
            ("tomorrow", "payload"),
            (None, "payload"),
        ],
    )
    def test_a_bad_one_is_400_names_the_field_and_commits_nothing(self, payload: Any, field: str) -> None:
        row, record = waiting("s-1", MOVABLE), record_of("s-1")

        told = signal("move", {"payload": payload})

        assert (told.status, told.code) == (400, "InvalidInput")
        assert [name for name, _ in problems(told)] == [field]
        assert row_of(row["callbackId"]) == row
        assert record_of("s-1") == record
        assert signal("cancel").status == 202

    def test_one_that_is_missing_with_the_whole_body_is_400_too(self) -> None:
        waiting("s-1", MOVABLE)

        assert problems(signal("move")) == [("payload", "Input should be an object")]

    def test_no_value_is_repeated(self) -> None:
        waiting("s-1", MOVABLE)

        assert "hush" not in signal("move", {"payload": {"to": "hush", "note": ["hush"]}}).text

    def test_a_signal_without_a_model_takes_any(self) -> None:
        callback_id = waiting("s-1", MOVABLE)["callbackId"]

        assert signal("cancel", {"payload": ["any", {"thing": None}]}).status == 202
        assert decision_of(row_of(callback_id)).payload == ["any", {"thing": None}]

    def test_a_time_in_the_past_is_refused_and_one_ahead_stays_good_for_its_step(self) -> None:
        with at(NOON) as clock:
            callback_id = waiting("s-1", MOVABLE)["callbackId"]
            told = signal("move", {"payload": {"to": "2026-11-21T12:59:59+01:00"}})
            assert problems(told) == [("payload.to", "is in the past")]
            assert signal("move", {"payload": {"to": "2026-11-21T13:00:00+01:00"}}).status == 202
            clock.advance(600)
            decision = decision_of(row_of(callback_id))
        assert decision.at == "2026-11-21T12:00:00.000Z"
        assert Move.model_validate(decision.payload, context={"sentAt": decision.at})

    def test_models_are_the_workflow_s_own(self) -> None:
        assert payload_of("order", "move") is Move
        assert payload_of("order", "cancel") is None
        assert payload_of("ai-chef", "move") is None

    def test_what_is_not_accepted_is_said_before_what_is_wrong_with_its_payload(self) -> None:
        waiting("s-1", approval())

        assert signal("move", {"payload": {}}).code == "NotAccepted"


class TestWhatIsAccepted:
    @pytest.mark.parametrize("name", ["approve", "reject", "update", "cancel"])
    def test_what_people_may_decide_and_what_only_services_may(self, name: str) -> None:
        callback_id = waiting("s-1", approval(signals=("update", "cancel")))["callbackId"]

        assert signal(name).status == 202
        assert decision_of(row_of(callback_id)).action == name

    def test_of_neither_is_409_and_names_both(self) -> None:
        row = waiting("s-1", approval(signals=("update", "cancel")))

        told = signal("escalate")

        assert (told.status, told.code) == (409, "NotAccepted")
        assert "approve, reject, update, cancel" in told.json["error"]["message"]
        assert row_of(row["callbackId"]) == row

    def test_for_the_next_question_while_the_answer_to_this_one_is_under_way_may_be_sent_again(self) -> None:
        waiting("s-1", approval(signals=("update", "cancel")))
        assert signal("update").status == 202

        told = signal("resubmit")

        assert (told.status, told.code) == (409, "NothingWaits")

    def test_of_a_closed_question_is_409_and_so_it_stays(self) -> None:
        callback_id = waiting("s-1", MOVABLE)["callbackId"]
        Callbacks("callbacks-test").close(closing("s-1"), "RequestApproval")

        for told in (signal("cancel"), signal("move", {"payload": {"to": "2099-01-01T00:00:00Z"}})):
            assert (told.status, told.code) == (409, "NothingWaits")
        assert row_of(callback_id)["status"] == "closed"

    def test_after_its_time_is_409(self) -> None:
        expire(waiting("s-1", MOVABLE)["callbackId"])

        assert signal("cancel").code == "NothingWaits"


class TestAQuestionToServicesAlone:
    def test_has_no_page_and_takes_no_webhook(self) -> None:
        row = waiting("s-1", MOVABLE)

        for page in (show(row), decide(row, "cancel")):
            assert page.status == 404
            assert "text/html" in page.headers["Content-Type"]
        assert answer(row["callbackId"]).code == "UnknownCallback"
        assert row_of(row["callbackId"]) == row

    def test_a_webhook_s_question_has_no_page_either(self) -> None:
        row = waiting("s-1", QUESTION)

        assert show(row).status == 404

    def test_is_shown_as_such_and_without_its_token(self) -> None:
        waiting("s-1", MOVABLE, token="the-secret-token")

        shown = call("get_session", path={"sessionId": "s-1"})

        assert shown.json["waitingFor"]["kind"] == "signal"
        assert "the-secret-token" not in shown.text
