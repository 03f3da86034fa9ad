"""A payment service behind a REST API; its protocol: docs/order.md."""

import json
import re
from typing import Any
from urllib.parse import quote

from pydantic import Field, ValidationError

from core import http, settings
from core.parameters import api_key
from order.errors import PaymentDeclined, PaymentRefused, PaymentUnavailable, VoidRefused
from order.models import Payment

_SECONDS = 4.0
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class HttpSettings(settings.Settings):
    """payment_url: of the service's API. payment_secret: the secret that holds the API's key."""

    payment_url: str = Field(min_length=1)
    payment_secret: str = Field(min_length=1)


class HttpPayments:
    """A PaymentProvider. Follows no redirect and repeats no request: the machine does, with the same key."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url, self._api_key = url.rstrip("/"), api_key

    def charge(self, key: str, amount: int, currency: str, customer: str) -> Payment:
        body = {"amount": amount, "currency": currency, "customer": customer}
        status, answer = self._call("POST", "/charges", body, {"Idempotency-Key": key})
        if status == 402:
            raise PaymentDeclined(f"the payment service declined{_code(answer)}")
        if not _is_done(status):
            raise _refusal(PaymentRefused, "charge", status, answer)
        return _payment(answer, amount, currency)

    def find(self, key: str) -> Payment | None:
        status, answer = self._call("GET", _path(key))
        if status == 404:
            return None
        if not _is_done(status):
            raise _refusal(PaymentRefused, "look up a charge", status, answer)
        if not isinstance(answer, dict) or answer.get("status") != "charged":
            return None
        return _payment(answer, answer.get("amount"), answer.get("currency"))

    def void(self, key: str) -> None:
        status, answer = self._call("POST", f"{_path(key)}/void", {})
        if not _is_done(status):
            raise _refusal(VoidRefused, "void a charge", status, answer)

    def _call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """The answer's status, and its JSON or None. Raises PaymentUnavailable where trying again may help."""
        everything = {
            "Authorization": f"Bearer {self._api_key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            **(headers or {}),
        }
        try:
            if method == "GET":
                status, text = http.get(self._url + path, everything, seconds=_SECONDS)
            else:
                status, text = http.post(self._url + path, json.dumps(body).encode(), everything, seconds=_SECONDS)
        except http.NoAnswer as error:
            raise PaymentUnavailable(f"the payment service gave no answer: {error}") from None
        if http.comes_back(status):
            raise PaymentUnavailable(f"the payment service answered {status}")
        try:
            return status, json.loads(text)
        except ValueError:
            return status, None


def from_settings() -> HttpPayments:
    """Raises WrongSettings unless the service's address is https, or on this machine, and the secret holds a key."""
    given = settings.load(HttpSettings)
    if not http.is_private(given.payment_url):
        raise settings.WrongSettings("environment variables: PAYMENT_URL: the payment service's address must be https")
    return HttpPayments(given.payment_url, api_key(given.payment_secret))


def _path(key: str) -> str:
    return f"/charges/{quote(key, safe='')}"


def _is_done(status: int) -> bool:
    return 200 <= status < 300


def _payment(answer: Any, amount: Any, currency: Any) -> Payment:
    charge_id = answer.get("id") if isinstance(answer, dict) else None
    try:
        return Payment(charge_id=charge_id, amount=amount, currency=currency)
    except ValidationError:
        # It may well have charged: the next request with the key may tell.
        raise PaymentUnavailable("the payment service's answer is not what its protocol says") from None


def _refusal(kind: type[PaymentRefused | VoidRefused], what: str, status: int, answer: Any) -> Exception:
    return kind(f"the payment service refused to {what}: status {status}{_code(answer)}")


def _code(answer: Any) -> str:
    """The service's own code, if it gave one that is a code; never its words, which may hold personal data."""
    error = answer.get("error") if isinstance(answer, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return f" ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else ""
