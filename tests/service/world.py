"""The service as its callers see it: served over HTTP on loopback, with what stands around it."""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from redis import Redis
from standardwebhooks.webhooks import Webhook
from starlette.types import ASGIApp

from local.launcher import HOST
from matching.finding import find
from matching.models import MatchingInput, Profile, Reviews
from matching.opening import opened
from matching.ranking import rank
from matching.seasons import places
from tests.support.waiting import eventually

SAMPLES = Path(__file__).parents[2] / "local" / "samples"
REVIEWED: dict[str, Any] = json.loads((SAMPLES / "matching.json").read_text())
ROWS: list[dict[str, Any]] = json.loads((SAMPLES / "profiles.json").read_text())
CRITERIA = {**REVIEWED["criteria"], "kind": "buddy", "min_level": 0, "certified_only": False, "international": False}
PLAIN: dict[str, Any] = {**REVIEWED, "criteria": CRITERIA}
"""A search that needs no review."""

VENDOR_KEY = "vendor-key"
WEBHOOKS_SECRET = "whsec_d2ViaG9va3Mtb2YtdGhlLXZlbmRvci0xMjM0"
DELIVERIES_SECRET = "whsec_ZGVsaXZlcmllcy1vZi10aGUtd29ya2Zsb3ctMQ=="


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A socket that takes connections at once; who serves it may come later."""
    with socket.create_server((HOST, 0)) as taken:
        yield taken


def url_of(taken: socket.socket) -> str:
    return f"http://{HOST}:{taken.getsockname()[1]}"


@contextmanager
def served(app: ASGIApp, taken: socket.socket) -> Iterator[None]:
    """Serves an app, from its start to its end in good order."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="auto"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


class Service:
    """A running service."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=20, trust_env=False)

    def start(self, raw: Any) -> httpx.Response:
        return self.post_json("/matching/searches", raw)

    def started(self, raw: Any) -> str:
        """The id of a search that was taken."""
        answer = self.start(raw)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["search_id"])

    def get(self, path: str) -> httpx.Response:
        return self._http.get(path)

    def request(self, method: str, path: str) -> httpx.Response:
        return self._http.request(method, path)

    def search(self, search_id: str) -> Any:
        """What the service says of a search."""
        answer = self.get(f"/matching/searches/{search_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ended(self, search_id: str) -> Any:
        """The search, once it is not `processing` any more."""
        eventually(lambda: self.search(search_id)["status"] != "processing")
        return self.search(search_id)

    def post(self, path: str, body: str | bytes, headers: Mapping[str, str] | Mapping[bytes, bytes]) -> httpx.Response:
        return self._http.post(path, content=body, headers=headers)

    def post_json(self, path: str, body: Any) -> httpx.Response:
        return self._http.post(path, json=body)

    def review(self, search_id: str, body: str, secret: str = WEBHOOKS_SECRET) -> httpx.Response:
        """What the vendor sends."""
        return self.post(f"/matching/reviews/{search_id}", body, signed(body, secret))

    def deliver(self, body: Any, webhook_id: str = "msg_1") -> httpx.Response:
        """What the durable workflow sends."""
        text = body if isinstance(body, str) else json.dumps(body)
        return self.post("/matching/callbacks", text, signed(text, DELIVERIES_SECRET, webhook_id=webhook_id))

    def close(self) -> None:
        self._http.close()


def signed(body: str, secret: str, *, webhook_id: str = "msg_1", age: timedelta = timedelta()) -> dict[str, str]:
    """The headers of Standard Webhooks for a body that was sent some time ago."""
    at = datetime.now(UTC) - age
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, body),
    }


def expected(search_id: str, raw: dict[str, Any], reviews: Any = None) -> Any:
    """The result that the workflow's own code has for a search among the sample's profiles."""
    search = opened(MatchingInput.model_validate(raw), search_id, 60)
    candidates = find(search, [Profile.model_validate(row) for row in ROWS if row["place"] in places(search.criteria)])
    said = None if reviews is None else Reviews.model_validate(reviews)
    return rank(search, candidates, said).model_dump(mode="json", by_alias=True)


def approving(search_id: str, raw: dict[str, Any] = REVIEWED) -> dict[str, Any]:
    """A vendor's answer that approves of everybody in the unreviewed result, and rates them alike."""
    matches = expected(search_id, raw)["matches"]
    return {"reviews": [{"userId": match["userId"], "approved": True, "rating": 80} for match in matches]}


def fill(store: Redis) -> None:
    """An empty store, but for the sample's profiles."""
    store.flushall()
    for row in ROWS:
        store.hset(f"profiles:{row['place']}", row["userId"], json.dumps(row))
