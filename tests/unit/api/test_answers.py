"""Webhooks and signals: one answer is committed, whatever is forged, replayed, late or sent twenty times at once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Signer

from api.answers import ANSWER_BYTES
from core import aws, rows
from core.callback_rows import CallbackStatus, decision_of
from core.callbacks import Callbacks
from core.questions import Decision, Webhook
from core.record import Status, Table
from core.sessions import close
from tests.support.tables import record_of
from tests.unit.api.calling import Answer, approval, at_once, call, session, waiting

pytestmark = pytest.mark.usefixtures("tables")

KEY = "b" * 32  # what tests/support/tables.py puts into the secret
QUESTION = Webhook(accepts=("answer", "cancel"), expires_in=3600, send=lambda _: None)


def headers(body: str, webhook_id: str = "msg_1", key: str = KEY, at: datetime | None = None) -> dict[str, str]:
    moment = at or datetime.now(UTC)
    return {
        "Webhook-Id": webhook_id,
        "Webhook-Timestamp": str(int(moment.timestamp())),
        "Webhook-Signature": Signer(key).sign(webhook_id, moment.replace(microsecond=0), body),
    }


def answer(callback_id: str, payload: Any = None, **changes: Any) -> Answer:
    body = json.dumps(payload if payload is not None else {"fits": True})
    return call("answer_callback", path={"callbackId": callback_id}, body=body, headers=headers(body, **changes))


def signal(name: str, body: Any = None, **event: Any) -> Answer:
    return call("send_signal", path={"sessionId": "s-1", "name": name}, body=body, **event)


def row_of(callback_id: str) -> Any:
    return Callbacks("callbacks-test").get(callback_id)


def expire(callback_id: str) -> None:
    aws.dynamodb().update_item(
        TableName="callbacks-test",
        Key={"callbackId": {"S": callback_id}},
        UpdateExpression="SET expiresAt = :past",
        ExpressionAttributeValues=rows.to_item({":past": "2020-01-01T00:00:00.000Z"}),
    )


def test_a_signed_webhook_is_committed_as_the_answer() -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]

    told = answer(callback_id, {"fits": True, "이름": "한글"})

    assert told.status == 200
    assert told.json == {"sessionId": "s-1", "callbackId": callback_id, "status": "decided"}
    decision = decision_of(row_of(callback_id))
    assert (decision.action, decision.by, decision.payload) == ("answer", "webhook", {"fits": True, "이름": "한글"})


def test_a_replayed_webhook_is_told_the_same_and_does_nothing() -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]
    first = answer(callback_id)
    before = row_of(callback_id)

    assert answer(callback_id).json == first.json
    assert row_of(callback_id) == before
    expire(callback_id)
    assert answer(callback_id).status == 200


def test_another_webhook_after_the_answer_is_409() -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]
    answer(callback_id)

    assert answer(callback_id, webhook_id="msg_2").code == "AlreadyAnswered"
    assert decision_of(row_of(callback_id)).payload == {"fits": True}


def test_twenty_webhooks_at_once_commit_one_answer() -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]

    different = at_once(lambda number: answer(callback_id, {"number": number}, webhook_id=f"msg_{number}"))

    assert sorted(told.status for told in different) == [200] + [409] * 19


def test_one_webhook_sent_twenty_times_at_once_is_told_the_same() -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]

    assert {told.text for told in at_once(lambda _: answer(callback_id))} == {
        f'{{"sessionId":"s-1","callbackId":"{callback_id}","status":"decided"}}'
    }


@pytest.mark.parametrize(
    "forged",
    [
        {"Webhook-Signature": "v1,AAAA"},
        {"Webhook-Signature": "v1,not base64!"},
        {"Webhook-Signature": "v1"},
        {"Webhook-Signature": "v1,a,b"},
        {"Webhook-Signature": "v1,A"},
        {"Webhook-Signature": "v1,é"},
        {"Webhook-Signature": ""},
        {"Webhook-Timestamp": "yesterday"},
        {"Webhook-Timestamp": "nan"},
        {"Webhook-Timestamp": "inf"},
        {"Webhook-Timestamp": "-1e99"},
        {"Webhook-Id": "msg_2"},
        {"Webhook-Id": ""},
        {"Webhook-Signature": None},
        {"Webhook-Id": None},
        {"Webhook-Timestamp": None},
    ],
)
def test_what_is_not_signed_is_401_and_changes_nothing(forged: dict[str, str | None]) -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]
    sent = {name: value for name, value in (headers("{}") | forged).items() if value is not None}

    told = call("answer_callback", path={"callbackId": callback_id}, body="{}", headers=sent)

    assert (told.status, told.code) == (401, "NotSigned")
    assert row_of(callback_id)["status"] == "open"


def test_an_altered_body_another_key_and_an_old_signature_are_401() -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]
    altered = call("answer_callback", path={"callbackId": callback_id}, body='{"a":1}', headers=headers("{}"))
    old = datetime.now(UTC) - timedelta(minutes=6)

    assert altered.status == 401
    assert answer(callback_id, key="c" * 32).status == 401
    assert answer(callback_id, at=old).status == 401
    assert answer(callback_id, at=datetime.now(UTC) + timedelta(minutes=6)).status == 401
    assert row_of(callback_id)["status"] == "open"


def test_who_cannot_sign_learns_nothing_of_callbacks() -> None:
    assert answer("0" * 32, key="c" * 32).status == 401


@pytest.mark.parametrize("callback_id", ["0" * 32, "x" * 4000])
def test_an_unknown_callback_is_404(callback_id: str) -> None:
    assert answer(callback_id).code == "UnknownCallback"


def test_an_approval_is_no_webhooks_business() -> None:
    callback_id = waiting("s-1", approval())["callbackId"]

    assert answer(callback_id).code == "UnknownCallback"


def test_an_expired_callback_is_410() -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]
    expire(callback_id)

    assert answer(callback_id).code == "CallbackClosed"


def test_a_callback_whose_session_was_cancelled_is_410() -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]
    record = record_of("s-1")
    close(Table("sessions-test"), record, record["executionArn"], Status.CANCELLED, lambda _: None)

    assert answer(callback_id).code == "CallbackClosed"
    assert row_of(callback_id)["status"] == "open"


def test_a_payload_that_no_task_could_return_is_413_and_one_that_is_no_json_400() -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]

    assert answer(callback_id, "x" * ANSWER_BYTES).status == 413
    body = "fits=true"
    told = call("answer_callback", path={"callbackId": callback_id}, body=body, headers=headers(body))
    assert told.status == 400
    assert answer(callback_id, "x" * (ANSWER_BYTES - 2)).status == 200


def test_a_signal_is_committed_as_the_answer() -> None:
    callback_id = waiting("s-1", approval())["callbackId"]

    told = signal("approve", {"by": "ann", "comment": "as agreed", "payload": {"ticket": 7}})

    assert told.status == 202
    assert told.json == {"sessionId": "s-1", "callbackId": callback_id, "status": "decided"}
    decision = decision_of(row_of(callback_id))
    assert (decision.action, decision.by) == ("approve", "ann")
    assert (decision.comment, decision.payload) == ("as agreed", {"ticket": 7})


def test_a_signal_without_a_body_is_the_callers() -> None:
    callback_id = waiting("s-1", approval())["callbackId"]

    assert signal("reject", identity={"userArn": "arn:aws:iam::1:user/ben"}).status == 202
    assert decision_of(row_of(callback_id)).by == "arn:aws:iam::1:user/ben"


def test_a_signal_that_the_question_does_not_accept_is_409_and_names_those_it_does() -> None:
    waiting("s-1", approval())

    told = signal("escalate")

    assert (told.status, told.code) == (409, "NotAccepted")
    assert "approve, reject" in told.json["error"]["message"]


def test_a_signal_to_a_session_that_waits_for_nothing_is_409() -> None:
    session("s-1")

    assert signal("approve").code == "NothingWaits"


def test_a_signal_after_an_answer_or_after_its_time_is_409() -> None:
    callback_id = waiting("s-1", approval())["callbackId"]
    signal("approve")
    assert signal("reject").code == "NothingWaits"
    assert decision_of(row_of(callback_id)).action == "approve"

    waiting("s-2", approval())
    expire(record_of("s-2")["waitingFor"]["callbackId"])
    assert call("send_signal", path={"sessionId": "s-2", "name": "approve"}).code == "NothingWaits"


def test_twenty_signals_at_once_commit_one_answer() -> None:
    waiting("s-1", approval())

    statuses = sorted(told.status for told in at_once(lambda number: signal(["approve", "reject"][number % 2])))

    assert statuses == [202] + [409] * 19


@pytest.mark.parametrize(
    "body",
    [
        {"by": ""},
        {"by": "x" * 129},
        {"comment": "x" * 1001},
        {"who": "ann"},
        {"by": 1},
        [],
        "approve",
    ],
)
def test_a_bad_signal_is_400(body: Any) -> None:
    callback_id = waiting("s-1", approval())["callbackId"]

    assert signal("approve", body).status == 400
    assert row_of(callback_id)["status"] == "open"


def test_the_answers_show_no_token() -> None:
    callback_id = waiting("s-1", QUESTION, token="the-secret-token")["callbackId"]

    shown = [
        answer(callback_id).text,
        call("get_session", path={"sessionId": "s-1"}).text,
        call("list_sessions", query={"workflow": "order"}).text,
    ]

    assert not any("the-secret-token" in text for text in shown)


def test_a_late_answer_says_so() -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]
    answer(callback_id)
    Callbacks("callbacks-test").settle(row_of(callback_id), CallbackStatus.TOO_LATE)

    assert answer(callback_id).json["status"] == "too_late"


def test_an_answer_that_comes_between_look_and_commit_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    callback_id = waiting("s-1", QUESTION)["callbackId"]
    decide = Callbacks.decide

    def beaten(self: Callbacks, wanted: str, decision: Decision, *, webhook_id: str) -> Any:
        decide(self, wanted, decision.model_copy(update={"by": "faster"}), webhook_id="msg_0")
        return decide(self, wanted, decision, webhook_id=webhook_id)

    monkeypatch.setattr(Callbacks, "decide", beaten)

    assert answer(callback_id).code == "AlreadyAnswered"
    assert decision_of(row_of(callback_id)).by == "faster"
