"""Requests as API Gateway sends them, and what every answer and every refusal looks like."""

import base64
import json
import logging
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from api.http import BODY_BYTES, RETRY_AFTER_SECONDS, Request, Response, as_json, endpoint
from core.errors import AccessDenied, InvalidInput, SessionBusy, SessionConflict, UnknownSession
from core.settings import WrongSettings


def answer_of(route: Any, **event: Any) -> Any:
    return endpoint(route)({"resource": "/the/{route}", **event}, None)


def error_of(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    def fails(_request: Request) -> Response:
        raise error

    answer = answer_of(fails)
    return answer["statusCode"], json.loads(answer["body"])["error"], answer["headers"]


def echo(request: Request) -> Response:
    return as_json(200, request.json_object())


def test_every_answer_is_kept_by_no_cache_and_guessed_by_no_browser() -> None:
    answer = answer_of(lambda _: as_json(200, {"a": "한글"}))

    assert answer["headers"] == {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    assert answer["body"] == '{"a":"한글"}'


def test_a_body_may_come_base64_encoded_and_headers_in_any_case() -> None:
    seen: list[Request] = []

    def look(request: Request) -> Response:
        seen.append(request)
        return as_json(200, request.json_object())

    body = base64.b64encode(b'{"a": 1}').decode()
    answer = answer_of(look, body=body, isBase64Encoded=True, headers={"X-Some-Header": "x"})

    assert json.loads(answer["body"]) == {"a": 1}
    assert seen[0].headers == {"x-some-header": "x"}


@pytest.mark.parametrize(
    ("identity", "caller"),
    [
        ({"apiKeyId": "abc123", "userArn": None}, "API key abc123"),
        ({"userArn": "arn:aws:iam::123456789012:user/ann"}, "arn:aws:iam::123456789012:user/ann"),
        ({}, "API key"),
    ],
)
def test_the_caller_is_the_iam_user_or_the_api_keys_id(identity: dict[str, str], caller: str) -> None:
    answer = answer_of(lambda request: as_json(200, request.caller), requestContext={"identity": identity})

    assert json.loads(answer["body"]) == caller


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[1]",
        '"text"',
        "null",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        "[" * 100_000,
        '{"a": ' + "9" * 5000 + "}",
        "\ufeff{}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(body: str) -> None:
    answer = answer_of(echo, body=body)

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["error"]["code"] == "InvalidInput"


def test_a_body_over_the_limit_is_refused_by_its_bytes() -> None:
    fits = json.dumps({"a": "x" * (BODY_BYTES - 9)})
    assert len(fits) == BODY_BYTES

    assert answer_of(echo, body=fits)["statusCode"] == 200
    assert answer_of(echo, body=fits + " ")["statusCode"] == 413
    assert answer_of(echo, body="é" * (BODY_BYTES // 2 + 1))["statusCode"] == 413


def test_bad_input_names_each_field() -> None:
    status, error, _ = error_of(InvalidInput([("profile.budget", "must be greater than 0"), ("a", "is unknown")]))

    assert status == 400
    assert error["code"] == "InvalidInput"
    assert error["details"] == [
        {"field": "profile.budget", "problem": "must be greater than 0"},
        {"field": "a", "problem": "is unknown"},
    ]


def test_errors_of_sessions_have_statuses_of_their_own() -> None:
    assert error_of(UnknownSession("there is none"))[:2] == (
        404,
        {"code": "UnknownSession", "message": "There is none."},
    )
    assert error_of(SessionConflict("taken"))[:2] == (409, {"code": "SessionConflict", "message": "Taken."})


@pytest.mark.parametrize("error", [SessionBusy("x"), EndpointConnectionError(endpoint_url="http://x")])
def test_what_may_help_to_try_again_says_when(error: Exception) -> None:
    status, body, headers = error_of(error)

    assert status == 503
    assert body["code"] in ("SessionBusy", "AwsUnavailable")
    assert headers["Retry-After"] == str(RETRY_AFTER_SECONDS)


@pytest.mark.parametrize("error", [AccessDenied("role x"), WrongSettings("SECRET_NAME"), ValueError("a secret word")])
def test_what_is_wrong_here_is_not_told_to_callers(error: Exception) -> None:
    status, body, _ = error_of(error)

    assert status == 500
    assert body == {"code": "InternalError", "message": "Something went wrong here; the service's logs tell more."}


def test_logs_tell_the_line_and_neither_what_was_sent_nor_an_unexpected_errors_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(request: Request) -> Response:
        raise ValueError(request.body.decode())

    with caplog.at_level(logging.INFO):
        answer_of(fails, body='{"a": "in the body"}', queryStringParameters={"ticket": "in the query"})
    logged = str([vars(record) for record in caplog.records])

    assert "ValueError" in logged
    assert "in fails" in logged
    for secret in ("in the body", "in the query"):
        assert secret not in logged
