"""What each call sends and gives back, of both clients."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from durable_workflows import (
    AsyncWorkflowClient,
    Conflict,
    InvalidInput,
    NotAllowed,
    NotConfigured,
    Refused,
    Unknown,
    WorkflowClient,
    WorkflowError,
    WorkflowSettings,
    calls,
    models,
)
from tests.unit.client.api import NOW, RECORD, STARTED, Api, Reply, refusal
from tests.unit.client.conftest import Driver, Make

OPENAPI = json.loads(Path("lambdas/api/openapi.json").read_text())
ANSWERED = {"sessionId": "s-1", "callbackId": "c-1", "status": "decided"}
STATUS = {"sessionId": "s-1", "status": "cancelled"}
PAGE = {"records": [RECORD], "cursor": "next"}
BATCH = {"records": [RECORD], "missing": ["s-2"]}

CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], Any, str, Any]] = [
    (
        "start",
        ("order", {"items": []}),
        {"session_id": "s-1"},
        STARTED,
        "POST /workflows/order/start",
        {"items": [], "sessionId": "s-1"},
    ),
    ("get", ("s-1",), {}, RECORD, "GET /sessions/s-1", None),
    (
        "list",
        (),
        {"owner": "Ann + Bob & Co/ü", "limit": 5},
        PAGE,
        "GET /sessions?owner=Ann%20%2B%20Bob%20%26%20Co%2F%C3%BC&limit=5",
        None,
    ),
    (
        "list",
        (),
        {"workflow": "order", "status": "failed", "cursor": "a-_"},
        PAGE,
        "GET /sessions?workflow=order&status=failed&cursor=a-_",
        None,
    ),
    ("batch", (["s-1", "s-2"],), {}, BATCH, "POST /sessions/batch", {"sessionIds": ["s-1", "s-2"]}),
    ("cancel", ("s-1",), {}, STATUS, "POST /sessions/s-1/cancel", None),
    ("retry", ("s-1",), {}, STATUS, "POST /sessions/s-1/retry", None),
    (
        "signal",
        ("s-1", "approve"),
        {"by": "ann", "payload": [1]},
        ANSWERED,
        "POST /sessions/s-1/signals/approve",
        {"by": "ann", "payload": [1]},
    ),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "answer", "request_line", "body"), CALLS)
def test_a_call_sends_what_the_api_takes_and_gives_back_what_it_answers(
    client: Driver,
    api: Api,
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    answer: Any,
    request_line: str,
    body: Any,
) -> None:
    api.answers({**answer, "addedByANewerApi": True})
    given = getattr(client, name)(*args, **kwargs)
    (sent,) = api.requests
    assert f"{sent.method} {sent.target.removeprefix('/prod')}" == request_line
    assert sent.headers["x-api-key"] == "the-key"
    assert (sent.json if sent.body else None) == body
    dumped = given.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert dumped == type(given).model_validate(answer).model_dump(mode="json", by_alias=True, exclude_unset=True)


@pytest.mark.parametrize(("name", "args", "kwargs", "answer", "request_line", "body"), CALLS)
def test_every_call_is_one_of_the_contract(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any, request_line: str, body: Any
) -> None:
    method, target = request_line.split()
    path = target.partition("?")[0]
    fits = [known for known in OPENAPI["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)]
    assert any(method.lower() in OPENAPI["paths"][known] for known in fits)


@pytest.mark.parametrize(
    ("model", "schema"),
    [
        (models.Session, "SessionWithResult"),
        (models.Started, "Started"),
        (models.SessionStatus, "SessionStatus"),
        (models.Page, "SessionPage"),
        (models.Batch, "SessionBatch"),
        (models.Answered, "Answered"),
        (models.StepEntry, "StepEntry"),
        (models.Wait, "Wait"),
        (models.SessionError, "SessionErrorBody"),
        (models.ErrorBody, "ErrorBody"),
    ],
)
def test_every_field_is_one_of_the_contract_and_none_is_required_that_may_be_missing(
    model: type[models.Answer], schema: str
) -> None:
    contract = OPENAPI["components"]["schemas"][schema]
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    assert fields.keys() <= contract["properties"].keys()
    assert {name for name, field in fields.items() if field.is_required()} <= set(contract["required"])


def test_the_two_clients_have_the_same_methods() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(WorkflowClient) == public(AsyncWorkflowClient)


def test_a_session_knows_times_results_and_whether_it_has_ended(client: Driver, api: Api) -> None:
    api.answers({**RECORD, "status": "completed", "delivery": "pending", "result": {"total": 7}})
    session = client.get("s-1")
    assert (session.ended, session.result, session.delivery) == (True, {"total": 7}, "pending")
    assert session.created_at.isoformat() == "2026-11-21T09:30:00.125000+00:00"
    api.answers({**RECORD, "status": "resting"})
    assert client.get("s-1").ended is False


@pytest.mark.parametrize("name", ["sessionId", "session_id", "searchId", "search_id"])
def test_an_id_in_the_input_is_the_session_s(client: Driver, api: Api, name: str) -> None:
    api.answers(STARTED, 202)
    client.start("matching", {name: "mine"})
    assert api.requests[0].json == {name: "mine"}


def test_a_start_without_an_id_gets_one_that_is_new(client: Driver, api: Api) -> None:
    api.answers(STARTED, 202)
    client.start("order", {"sessionId": None})
    client.start("order", {})
    first, second = (sent.json["sessionId"] for sent in api.requests)
    assert re.fullmatch(r"sess_[0-9a-f]{32}", first)
    assert first != second


def test_ids_are_quoted_and_never_another_path(client: Driver, api: Api) -> None:
    api.answers(refusal("UnknownSession"), 404)
    with pytest.raises(Unknown):
        client.get("a/b?c=d#e f")
    assert api.requests[0].target == "/prod/sessions/a%2Fb%3Fc%3Dd%23e%20f"
    for name in ("", ".", ".."):
        with pytest.raises(InvalidInput, match="session_id: letters, digits"):
            client.get(name)
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (401, NotAllowed),
        (403, NotAllowed),
        (404, Unknown),
        (409, Conflict),
        (413, InvalidInput),
        (415, Refused),
    ],
)
def test_a_no_is_raised_once_by_its_kind(client: Driver, api: Api, status: int, kind: type[Refused]) -> None:
    details = [{"field": "profile.budget", "problem": "Input should be greater than 0"}]
    api.answers(refusal("SomeCode", "The words.", details=details), status)
    with pytest.raises(Refused, match=r"SomeCode: The words\..* profile.budget: Input should be") as caught:
        client.get("s-1")
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.status, caught.value.tries) == ("SomeCode", status, 1)
    assert [detail.model_dump() for detail in caught.value.details] == details
    assert len(api.requests) == 1


def test_a_wrong_key_is_named_and_not_shown(client: Driver, api: Api) -> None:
    api.answers(refusal("Forbidden", "Send an API key that is valid here in the header x-api-key."), 403)
    with pytest.raises(NotAllowed, match="Check that api_key is a key of the API at url") as caught:
        client.get("s-1")
    assert "the-key" not in f"{caught.value!r} {client.client!r} {client.client.settings!r}"


def test_aws_s_own_words_are_cut_before_they_repeat_what_was_signed(client: Driver, api: Api) -> None:
    words = "The signature does not match.\n\nThe Canonical String was\n'GET\nx-amz-security-token:TOKEN'"
    api.replies(Reply(403, {"message": words}, (("x-amzn-ErrorType", "InvalidSignatureException:http://x"),)))
    with pytest.raises(NotAllowed, match=r"^InvalidSignatureException: The signature does not match. Check") as caught:
        client.get("s-1")
    assert "TOKEN" not in str(caught.value)
    api.replies(Reply(403, {"Message": "User: arn:aws:iam::1:user/x is not authorized"}))
    with pytest.raises(NotAllowed, match=r"^Http403: User: arn:aws:iam::1:user/x is not authorized"):
        client.get("s-1")


@pytest.mark.parametrize(
    "reply",
    [Reply(200, b"<html>a proxy's page</html>"), Reply(200, {"hello": "world"}), Reply(302, b"", (("Location", "/"),))],
)
def test_what_is_not_the_api_is_said_to_be_something_else(client: Driver, api: Api, reply: Reply) -> None:
    api.replies(reply)
    with pytest.raises(Refused, match="is not the workflow API, or a newer one; check url") as caught:
        client.get("s-1")
    assert caught.value.code == "NotUnderstood"
    assert len(api.requests) == 1


def test_a_start_may_hold_dates(api: Api) -> None:
    call = calls.start("matching", {"startDate": models.Session.model_validate(RECORD).created_at.date()}, "s-1")
    assert call.body == f'{{"startDate":"{NOW[:10]}","sessionId":"s-1"}}'.encode()


def test_a_client_of_nowhere_is_not_made(make: Make) -> None:
    with pytest.raises(NotConfigured, match=r"^url: is missing"):
        make(WorkflowSettings())
    with pytest.raises(NotConfigured, match=r"^auth_mode: is None"):
        make(WorkflowSettings(url="https://api.example.com", auth_mode=None))
    assert issubclass(NotConfigured, WorkflowError)


def test_clients_close_their_connections(api: Api) -> None:
    api.answers(RECORD)
    with WorkflowClient(WorkflowSettings(url=api.url, api_key="the-key")) as client:
        client.get("s-1")
    with pytest.raises(RuntimeError, match="closed"):
        client.get("s-1")
    assert isinstance(client._http, httpx.Client)
