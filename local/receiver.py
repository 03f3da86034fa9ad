"""A receiver of delivered results on loopback, as a service that gave a callback URL would be."""

import threading
from contextlib import suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

import boto3
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from local.cloud import Cloud

HOST = "127.0.0.1"


class Delivered(NamedTuple):
    """What was received: its webhook-id, which repetitions share, and its JSON."""

    webhook_id: str
    body: Any


class Receiver:
    """Takes what is signed with the secret and refuses the rest with 401. It listens from the start of its `with` block
    to the end.

    status: what a signed delivery is answered; set it to change it. received: what was answered 2xx, oldest first,
    repetitions too. rejected: how many were not signed.
    """

    def __init__(self, secret: str) -> None:
        self.status = 200
        self.received: list[Delivered] = []
        self.rejected = 0
        self._verifier = Webhook(secret)
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        """Where results are to be delivered."""
        return f"http://{HOST}:{self._server.server_port}/results"

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self, count: int = 1, *, seconds: float = 30) -> bool:
        """Wait until so many were received; whether they were within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.received) >= count, seconds)

    def take(self, headers: Message, body: bytes) -> int:
        """The status that a delivery is answered."""
        with self._changed:
            try:
                content = self._verifier.verify(body, dict(headers))
            except (WebhookVerificationError, ValueError):  # the latter for what the library cannot even read
                self.rejected += 1
                return 401
            if 200 <= self.status < 300:
                self.received.append(Delivered(headers["webhook-id"], content))
                self._changed.notify_all()
            return self.status


def receiver_of(cloud: Cloud) -> Receiver:
    """A receiver of what this cloud signs. Raises LocalError when the cloud does not run."""
    secrets = boto3.client("secretsmanager", **cloud.connection())
    return Receiver(secrets.get_secret_value(SecretId="deliveries-local")["SecretString"])


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: Receiver) -> None:
        super().__init__((HOST, 0), _Handler)
        self.receiver = receiver


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        with suppress(ConnectionError):  # a sender that did not wait for the answer
            self.send_response(self.server.receiver.take(self.headers, body))
            self.send_header("content-length", "0")
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        pass
