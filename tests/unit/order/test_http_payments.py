"""The REST payment service as its provider sees it: a real HTTP server on loopback that answers as a test says."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from core import aws
from core.http import _pool as connections
from core.settings import WrongSettings
from order.errors import PaymentDeclined, PaymentRefused, PaymentUnavailable, VoidRefused
from order.models import Payment
from order.providers import http
from order.providers.http import HttpPayments
from tests.support.loopback import Handler, Server, serving

CHARGED = {"id": "ch_1", "amount": 2000, "currency": "USD", "status": "charged"}
KEY = "session-1/ChargePayment"


class Service(Server):
    """Answers each request with `answer`: a status and a body (JSON, or bytes as they are)."""

    base = "/v1"

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.answer: tuple[int, Any] = (200, CHARGED)
        self.before_answer: Callable[[], object] = lambda: None
        self.requests: list[tuple[str, dict[str, str], Any]] = []


class _Handler(Handler):
    server: Service

    def answer(self) -> None:
        body = json.loads(self.body()) if self.command == "POST" else None
        self.server.requests.append((f"{self.command} {self.path}", dict(self.headers), body))
        self.server.before_answer()
        status, answer = self.server.answer
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        if 300 <= status < 400:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        with suppress(ConnectionError):  # one that was not answered in time has left
            self.end_headers()
            self.wfile.write(text)


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(Service()) as server:
        yield server
    connections().clear()


@pytest.fixture
def payments(service: Service) -> HttpPayments:
    return HttpPayments(service.url, "api-key")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits a fifth of a second for an answer."""
    monkeypatch.setattr(http, "_SECONDS", 0.2)


def charge(payments: HttpPayments) -> Payment:
    return payments.charge(KEY, 2000, "USD", "cust-123")


@pytest.mark.parametrize("status", [200, 201])
def test_a_charge_is_asked_for_with_its_key(service: Service, payments: HttpPayments, status: int) -> None:
    service.answer = (status, CHARGED)
    assert charge(payments) == Payment(charge_id="ch_1", amount=2000, currency="USD")
    ((request, headers, body),) = service.requests
    assert request == "POST /v1/charges"
    assert headers["Idempotency-Key"] == KEY
    assert headers["Authorization"] == "Bearer api-key"
    assert body == {"amount": 2000, "currency": "USD", "customer": "cust-123"}


def test_402_is_a_decline_and_gives_the_service_s_code(service: Service, payments: HttpPayments) -> None:
    service.answer = (402, {"error": {"code": "insufficient_funds", "message": "card 4242 of Ann"}})
    with pytest.raises(PaymentDeclined, match=r"declined \(insufficient_funds\)$"):
        charge(payments)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_unavailable_and_not_repeated_here(
    service: Service, payments: HttpPayments, status: int
) -> None:
    service.answer = (status, {"error": {"code": "busy"}})
    calls: list[Callable[[], object]] = [
        lambda: charge(payments),
        lambda: payments.find(KEY),
        lambda: payments.void(KEY),
    ]
    for call in calls:
        with pytest.raises(PaymentUnavailable, match=str(status)):
            call()
    assert len(service.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_does_not_pass_is_refused_without_the_service_s_words(
    service: Service, payments: HttpPayments, status: int
) -> None:
    service.answer = (status, {"error": {"code": "wrong key!", "message": "card 4242 of Ann"}})
    with pytest.raises(PaymentRefused, match=f"status {status}$"):
        charge(payments)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(service: Service, payments: HttpPayments, status: int) -> None:
    service.answer = (status, {})
    with pytest.raises(PaymentRefused):
        charge(payments)
    assert [request for request, _, _ in service.requests] == ["POST /v1/charges"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"id": 5}', b'{"id": ""}', b"\xff\xfe"])
def test_an_answer_that_is_none_leaves_open_whether_it_charged(
    service: Service, payments: HttpPayments, body: bytes
) -> None:
    service.answer = (200, body)
    with pytest.raises(PaymentUnavailable):
        charge(payments)


def test_a_service_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(PaymentUnavailable):
        charge(HttpPayments("http://127.0.0.1:1", "api-key"))


@pytest.mark.usefixtures("impatient")
def test_a_service_that_is_silent_is_unavailable(service: Service, payments: HttpPayments) -> None:
    answered = threading.Event()
    service.before_answer = answered.wait
    with pytest.raises(PaymentUnavailable, match="ReadTimeoutError"):
        charge(payments)
    answered.set()


@pytest.mark.usefixtures("impatient")
def test_a_service_that_never_stops_talking_is_unavailable(
    service: Service, payments: HttpPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()

    def drip(handler: _Handler) -> None:
        handler.body()
        handler.send_response(200)
        handler.end_headers()
        with suppress(ConnectionError):  # the client leaves
            while not over.wait(0.05):
                handler.wfile.write(b" ")

    monkeypatch.setattr(_Handler, "answer", drip)
    with pytest.raises(PaymentUnavailable, match="TimeoutError"):
        charge(payments)
    over.set()


@pytest.mark.parametrize(
    ("status", "answer", "found"),
    [
        (200, CHARGED, Payment(charge_id="ch_1", amount=2000, currency="USD")),
        (200, {**CHARGED, "status": "voided"}, None),
        (200, {"status": "declined"}, None),
        (404, {}, None),
    ],
)
def test_a_charge_is_looked_up_by_its_key(
    service: Service, payments: HttpPayments, status: int, answer: Any, found: Payment | None
) -> None:
    service.answer = (status, answer)
    assert payments.find(KEY) == found
    assert service.requests[0][0] == "GET /v1/charges/session-1%2FChargePayment"


def test_a_charge_is_voided_by_its_key(service: Service, payments: HttpPayments) -> None:
    service.answer = (204, b"")
    payments.void(KEY)
    assert service.requests[0][0] == "POST /v1/charges/session-1%2FChargePayment/void"


@pytest.mark.parametrize("status", [403, 404, 422])
def test_a_void_that_is_refused_says_so(service: Service, payments: HttpPayments, status: int) -> None:
    service.answer = (status, {"error": {"code": "already_paid_out"}})
    with pytest.raises(VoidRefused, match=rf"status {status} \(already_paid_out\)"):
        payments.void(KEY)


@pytest.mark.usefixtures("tables")
def test_the_service_s_address_and_key_come_from_the_stage(service: Service, environment: pytest.MonkeyPatch) -> None:
    aws.secretsmanager().create_secret(Name="payment-test", SecretString="key-of-the-stage")
    environment.setenv("PAYMENT_URL", f"{service.url}/")
    environment.setenv("PAYMENT_SECRET", "payment-test")
    charge(http.from_settings())
    request, headers, _ = service.requests[0]
    assert (request, headers["Authorization"]) == ("POST /v1/charges", "Bearer key-of-the-stage")


@pytest.mark.usefixtures("tables")
def test_a_secret_that_holds_no_key_is_named_and_its_content_is_not(environment: pytest.MonkeyPatch) -> None:
    aws.secretsmanager().create_secret(Name="payment-test", SecretString="sk-one\nsk-two")
    environment.setenv("PAYMENT_URL", "https://payments.example")
    environment.setenv("PAYMENT_SECRET", "payment-test")
    with pytest.raises(WrongSettings, match="secret payment-test") as refused:
        http.from_settings()
    assert "sk-" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://payments.example", "ftp://payments.example", "payments.example"])
def test_a_service_that_could_be_listened_to_is_refused(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("PAYMENT_URL", url)
    environment.setenv("PAYMENT_SECRET", "payment-test")
    with pytest.raises(WrongSettings, match="https"):
        http.from_settings()
