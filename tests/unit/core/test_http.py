"""Requests to other services: how long they may take, and which answers may be others later."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, repeat
from types import SimpleNamespace

import pytest

from core import http
from tests.support.loopback import Handler, Server, serving


class Slow(Server):
    """Sends an answer's headers, and its body once nobody waits for it any more, or after all that time."""

    PATIENCE = 10.0

    def __init__(self, *, keeps_connections: bool) -> None:
        super().__init__(_KeepingHandler if keeps_connections else _Handler)
        self.given_up = threading.Event()


class _Handler(Handler):
    server: Slow

    def answer(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.server.given_up.wait(self.server.PATIENCE)
        with suppress(ConnectionError):
            self.wfile.write(b"{}")


class _KeepingHandler(_Handler):
    protocol_version = "HTTP/1.1"


@pytest.fixture(params=[False, True], ids=["closes", "keeps connections"])
def slow(request: pytest.FixtureRequest) -> Iterator[Slow]:
    with serving(Slow(keeps_connections=request.param)) as server:
        yield server
        server.given_up.set()
    http._pool().clear()


@pytest.fixture
def nearly_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The headers take all of a minute but a twentieth of a second; what comes after takes the rest."""
    now = chain([0.0, 59.95], repeat(60.0))
    monkeypatch.setattr(http, "time", SimpleNamespace(monotonic=lambda: next(now)))


@pytest.mark.usefixtures("nearly_up")
def test_a_body_is_waited_for_no_longer_than_its_headers_have_left(slow: Slow) -> None:
    begun = time.monotonic()
    with pytest.raises(http.NoAnswer, match="TimeoutError"):
        http.get(slow.url, {}, seconds=60)
    assert time.monotonic() - begun < slow.PATIENCE


@pytest.mark.usefixtures("nearly_up")
def test_a_body_that_comes_when_the_time_is_up_is_no_answer(slow: Slow) -> None:
    slow.given_up.set()
    with pytest.raises(http.NoAnswer, match="TimeoutError"):
        http.get(slow.url, {}, seconds=60)


def test_a_body_that_comes_in_time_is_whole(slow: Slow) -> None:
    slow.given_up.set()
    assert http.get(slow.url, {}, seconds=60) == (200, b"{}")


@pytest.mark.parametrize(
    ("status", "comes_back"),
    [(408, True), (409, True), (425, True), (429, True), (500, True), (503, True), (400, False), (403, False)],
)
def test_who_is_busy_or_has_failed_may_answer_otherwise_later(status: int, comes_back: bool) -> None:
    assert http.comes_back(status) is comes_back
