"""An HTTP server on loopback that answers as the API does, in the order a test says, and remembers what it was sent."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from tests.support.loopback import Handler, Server, serving

NOW = "2026-11-21T09:30:00.125Z"
RECORD: dict[str, Any] = {
    "sessionId": "s-1",
    "workflow": "order",
    "inputHash": "1c2b",
    "executionArn": "arn:aws:states:us-east-1:123456789012:execution:order-test:s-1",
    "attempt": 1,
    "status": "processing",
    "phase": "payment",
    "progress": 60,
    "steps": {"ChargePayment": {"status": "running", "attempt": 1, "startedAt": NOW}},
    "createdAt": NOW,
    "updatedAt": NOW,
    "version": 7,
}
STARTED: dict[str, Any] = {
    "sessionId": "s-1",
    "executionArn": RECORD["executionArn"],
    "status": "queued",
    "links": {"self": "/sessions/s-1", "cancel": "/sessions/s-1/cancel"},
}


def refusal(code: str, message: str = "No.", **more: Any) -> dict[str, Any]:
    """The API's shape of an error."""
    return {"error": {"code": code, "message": message, **more}}


class Sent(NamedTuple):
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Reply(NamedTuple):
    """An answer. kind: `answer`, `close` (the connection, without one), or `never` (while the test runs)."""

    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = "answer"


CLOSE = Reply(kind="close")
NEVER = Reply(kind="never")


class Api(Server):
    """Gives the replies in turn, the last one for ever."""

    base = "/prod"

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.requests: list[Sent] = []
        self.over = threading.Event()
        self._replies: deque[Reply] = deque()

    def replies(self, *replies: Reply) -> None:
        self._replies = deque(replies)

    def answers(self, body: Any, status: int = 200) -> None:
        self.replies(Reply(status, body))

    def next_reply(self) -> Reply:
        return self._replies.popleft() if len(self._replies) > 1 else self._replies[0]


@contextmanager
def running_api() -> Iterator[Api]:
    """An API that answers; what it never answers is given up with it."""
    with serving(Api()) as server:
        yield server
        server.over.set()


class _Handler(Handler):
    server: Api
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # which would hold each body back for 40 ms

    def answer(self) -> None:
        self.server.requests.append(Sent(self.command, self.path, dict(self.headers), self.body()))
        reply = self.server.next_reply()
        if reply.kind == "never":
            self.server.over.wait()
        if reply.kind != "answer":
            self.close_connection = True
            return
        text = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        with suppress(ConnectionError):
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
