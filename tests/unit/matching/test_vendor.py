"""The vendor over HTTP: a server on loopback that answers as a test says."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from core import http
from core.settings import WrongSettings
from matching import vendor
from matching.errors import VendorRefused, VendorUnavailable
from matching.vendor import Vendor, review_request
from tests.support.loopback import Handler, Server, serving
from tests.unit.matching.searches import candidate, search

SECRET = "vendor-key"
REQUEST = review_request(
    search(kind="coach"), [candidate(level=3, certification="CASI"), candidate("rider-2")], "https://us.example.com/1"
)


class Service(Server):
    """Answers with `status`, or keeps silent until it is told that nobody listens any more."""

    base = "/v1"

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.status: int | None = 202
        self.given_up = threading.Event()
        self.requests: list[tuple[str, dict[str, str], Any]] = []


class _Handler(Handler):
    server: Service

    def answer(self) -> None:
        body = json.loads(self.body())
        self.server.requests.append((self.path, dict(self.headers), body))
        if self.server.status is None:
            self.server.given_up.wait()
            return
        self.send_response(self.server.status)
        self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", "12")
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(b"\xffno JSON at.")


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(Service()) as server:
        yield server
        server.given_up.set()
    http._pool().clear()


def test_the_vendor_is_asked_with_its_key_and_told_no_more_than_it_needs(service: Service) -> None:
    Vendor(f"{service.url}/", SECRET).request(REQUEST)
    ((path, headers, body),) = service.requests
    assert (path, headers["Authorization"]) == ("/v1/reviews", f"Bearer {SECRET}")
    assert body == {
        "requestId": "search-1",
        "callbackUrl": "https://us.example.com/1",
        "kind": "coach",
        "resort": "whistler",
        "candidates": [
            {"userId": "rider-1", "level": 3, "certification": "CASI"},
            {"userId": "rider-2", "level": 1, "certification": None},
        ],
    }


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503])
def test_what_may_pass_is_unavailable_and_not_repeated_here(service: Service, status: int) -> None:
    service.status = status
    with pytest.raises(VendorUnavailable, match=f"answered {status}$"):
        Vendor(service.url, SECRET).request(REQUEST)
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 422])
def test_what_will_not_pass_is_refused_and_redirects_are_not_followed(service: Service, status: int) -> None:
    service.status = status
    with pytest.raises(VendorRefused, match=f"status {status}$"):
        Vendor(service.url, SECRET).request(REQUEST)
    assert len(service.requests) == 1


def test_a_vendor_that_keeps_silent_is_unavailable(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "_SECONDS", 0.1)
    service.status = None
    with pytest.raises(VendorUnavailable, match="gave no answer: ReadTimeoutError"):
        Vendor(service.url, SECRET).request(REQUEST)


def test_a_vendor_that_nobody_reaches_is_unavailable_and_the_error_tells_no_key(service: Service) -> None:
    service.socket.close()
    with pytest.raises(VendorUnavailable, match="gave no answer") as raised:
        Vendor(service.url, SECRET).request(REQUEST)
    assert SECRET not in str(raised.value)
    assert service.url not in str(raised.value)


@pytest.mark.parametrize("url", ["http://vendor.example.com", "ftp://localhost", "vendor.example.com"])
def test_the_key_is_sent_by_https_or_on_this_machine_alone(url: str) -> None:
    with pytest.raises(WrongSettings, match="https"):
        Vendor(url, SECRET)
