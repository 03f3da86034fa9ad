"""What came back of a request: the answer, or the error that says what to do about it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
from pydantic import ValidationError

from durable_workflows.calls import AnswerT, Call
from durable_workflows.errors import Conflict, InvalidInput, NotAllowed, Refused, Unavailable, Unknown
from durable_workflows.models import ErrorBody
from durable_workflows.settings import WorkflowSettings

COME_BACK = frozenset({429, 500, 502, 503, 504})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_REFUSALS: Mapping[int, type[Refused]] = {
    400: InvalidInput,
    401: NotAllowed,
    403: NotAllowed,
    404: Unknown,
    409: Conflict,
    413: InvalidInput,
}
_LONGEST_WORDS = 300


def read(call: Call[AnswerT], response: httpx.Response, settings: WorkflowSettings) -> AnswerT:
    """The answer. Raises Refused, or Unavailable where trying again may help."""
    if response.status_code in COME_BACK:
        raise _busy(call, response)
    if not response.is_success:
        raise _refusal(response, settings)
    try:
        return call.answer.model_validate_json(response.content)
    except ValidationError:
        raise _not_the_api(response, settings) from None


def no_answer(call: Call[AnswerT], error: httpx.TransportError, settings: WorkflowSettings) -> Unavailable:
    """The error for a request that nothing came back of."""
    why = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        why = f"none within {settings.timeout_seconds:g} s ({type(error).__name__})"
    maybe_done = not isinstance(error, _NEVER_SENT)
    told = f"the workflow API at {settings.url} gave no answer: {why}; {_advice(call, maybe_done)}"
    return Unavailable(told, maybe_done=maybe_done)


def _busy(call: Call[AnswerT], response: httpx.Response) -> Unavailable:
    error = _error(response)
    maybe_done = response.status_code != HTTPStatus.TOO_MANY_REQUESTS
    said = f"the workflow API answered {response.status_code} {error.code}: {error.message}"
    return Unavailable(
        f"{said} {_advice(call, maybe_done)}",
        status=response.status_code,
        retry_after=_seconds(response.headers.get("retry-after")),
        maybe_done=maybe_done,
    )


def _advice(call: Call[AnswerT], maybe_done: bool) -> str:
    if call.repeatable or not maybe_done:
        return "(Try again later; the same request again does nothing twice.)"
    return "(Whether it was done is not known. Look at the session, and send it again if it still waits.)"


def _refusal(response: httpx.Response, settings: WorkflowSettings) -> Refused:
    status, error = response.status_code, _error(response)
    if response.is_redirect:
        return _not_the_api(response, settings)
    kind = _REFUSALS.get(status, Refused)
    message = f"{error.message} {_what_to_check(settings)}" if kind is NotAllowed else error.message
    return kind(error.code, message, status=status, details=error.details)


def _what_to_check(settings: WorkflowSettings) -> str:
    url = settings.name_of("url")
    if settings.auth_mode == "api_key":
        return f"Check that {settings.name_of('api_key')} is a key of the API at {url}, and that {url} has its stage."
    return (
        f"Check that {url} is that of the API for IAM with its stage, the credentials (aws sts get-caller-identity), "
        f"the region ({settings.region}), the clock, and the permission execute-api:Invoke (of a Function URL "
        "lambda:InvokeFunctionUrl and lambda:InvokeFunction); docs/environment.md says how to find out."
    )


def _not_the_api(response: httpx.Response, settings: WorkflowSettings) -> Refused:
    message = f"what answers at {settings.url} is not the workflow API, or a newer one; check {settings.name_of('url')}"
    return Refused("NotUnderstood", message, status=response.status_code)


def _error(response: httpx.Response) -> ErrorBody:
    """What the API says was wrong, or, where AWS itself answered, its name and the first line of its words: the lines
    after it repeat what was signed, the session token too.
    """
    try:
        body = response.json()
    except ValueError:
        body = None
    found = body if isinstance(body, dict) else {}
    try:
        return ErrorBody.model_validate(found.get("error"))
    except ValidationError:
        words = str(found.get("message") or found.get("Message") or response.reason_phrase)
        code = response.headers.get("x-amzn-errortype", "").partition(":")[0] or f"Http{response.status_code}"
        return ErrorBody(code=code, message=(words.splitlines() or [""])[0][:_LONGEST_WORDS])


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After, which is seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after"""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
