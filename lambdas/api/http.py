"""API Gateway's proxy events as requests, and answers as it wants them; errors in one shape, which tells no secrets.

    {"error": {"code": "InvalidInput", "message": "…", "details": [{"field": "profile.budget", "problem": "…"}]}}

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.aws import named_errors
from core.errors import (
    InvalidInput,
    LinkExpired,
    LinkInvalid,
    NotRetryable,
    SessionClosed,
    SessionConflict,
    TransientError,
    UnknownSession,
    WorkflowError,
)
from core.observability import logger
from core.rows import Json

BODY_BYTES = 256 * 1024  # what Step Functions takes as input
RETRY_AFTER_SECONDS = 2

_STATUSES: Mapping[type[WorkflowError], int] = {
    InvalidInput: 400,
    LinkInvalid: 403,
    UnknownSession: 404,
    SessionConflict: 409,
    SessionClosed: 409,
    NotRetryable: 409,
    LinkExpired: 410,
}
_ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Refusal(Exception):
    """An answer other than the one asked for: HTTP status, a code for programs, and a sentence for people."""

    def __init__(self, status: int, code: str, message: str, details: list[Json] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.details = status, code, message, details


@dataclass(frozen=True)
class Request:
    """A request. Headers' names are in lower case; `caller` is the IAM user's ARN or the API key's id, for records."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    caller: str

    def json(self) -> Any:
        """The body as JSON that can go on to AWS: no NaN, no lone surrogates. Raises Refusal 400."""
        return parsed(self.body)

    def json_object(self) -> Json:
        """The body as a JSON object. Raises Refusal 400."""
        value = self.json()
        if not isinstance(value, dict):
            raise Refusal(400, "InvalidInput", "The body is not a JSON object.")
        return value


@dataclass(frozen=True)
class Response:
    """An answer: status, the body's text, and its headers beside the ones that every answer has."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def for_gateway(self) -> Json:
        return {"statusCode": self.status, "headers": {**_ALWAYS, **self.headers}, "body": self.body}


Handler = Callable[[Json, object], Json]


def as_json(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text, {"Content-Type": "application/json", **(headers or {})})


def endpoint(answer: Callable[[Request], Response]) -> Handler:
    """The Lambda handler of a function that answers in JSON."""
    return serve(answer, _error)


def serve(answer: Callable[[Request], Response], refuse: Callable[[Refusal], Response]) -> Handler:
    """The Lambda handler of a function from request to answer; `refuse` makes the answer of what it raises."""

    def handler(event: Json, _context: object) -> Json:
        try:
            with named_errors():
                response = answer(_request(event))
        except Exception as error:  # noqa: BLE001  # every caller gets an answer, whatever was wrong
            refusal = _refusal(error)
            _log(event, refusal, error)
            response = refuse(refusal)
        return response.for_gateway()

    handler.__doc__ = answer.__doc__
    return handler


def parsed(body: bytes) -> Any:
    """JSON text as a value that can go on to AWS. Raises Refusal 400."""
    try:
        value = json.loads(body.decode())
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise Refusal(400, "InvalidInput", "The body is not JSON in UTF-8.") from None
    return value


def _request(event: Json) -> Request:
    body = event.get("body") or ""
    decoded = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass")
    if len(decoded) > BODY_BYTES:
        raise Refusal(413, "TooLarge", f"The body has {len(decoded)} bytes; {BODY_BYTES} are allowed.")
    identity = event.get("requestContext", {}).get("identity") or {}
    return Request(
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=decoded,
        caller=identity.get("userArn") or f"API key {identity.get('apiKeyId') or ''}".strip(),
    )


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, InvalidInput):
        details = [{"field": field, "problem": problem} for field, problem in error.problems]
        return Refusal(400, "InvalidInput", "The input is not what it should be.", details)
    if isinstance(error, TransientError):
        return Refusal(503, type(error).__name__, "The service is busy; try again in a moment.")
    status = _STATUSES.get(type(error))  # type: ignore[arg-type]  # what is no WorkflowError is not in there
    if status is None:
        return Refusal(500, "InternalError", "Something went wrong here; the service's logs tell more.")
    return Refusal(status, type(error).__name__, _sentence(str(error)))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith(".") else ".")


def _error(refusal: Refusal) -> Response:
    error: Json = {"code": refusal.code, "message": refusal.message}
    if refusal.details is not None:
        error["details"] = refusal.details
    return as_json(refusal.status, {"error": error}, retry_after(refusal))


def retry_after(refusal: Refusal) -> dict[str, str]:
    """The header that says when to come again, where that helps."""
    return {"Retry-After": str(RETRY_AFTER_SECONDS)} if refusal.status == 503 else {}


def _log(event: Json, refusal: Refusal, error: Exception) -> None:
    """What was refused, without what was sent: bodies, queries and an unexpected error's words may hold secrets."""
    extra: Json = {"route": event.get("resource"), "status": refusal.status, "code": refusal.code}
    if refusal.status < 500:
        logger.info("refused", extra=extra)
        return
    extra["error"] = type(error).__name__
    extra["trace"] = traceback.format_tb(error.__traceback__)  # the code's lines, not the error's words
    if isinstance(error, WorkflowError):
        extra["told"] = str(error)
    logger.error("failed", extra=extra)
