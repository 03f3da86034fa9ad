"""The platform's caller: it sends a search, asks for its result until it is there, and sends it again when it is not
there in time.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, wait_fixed

from local.cloud import LocalError
from local.compare.searches import Search

_AT_ONCE = 8  # connections; the rest waits its turn
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Outcome:
    """What became of a search. seconds: from first sending it to its result; None, as the payload, without one."""

    search: Search
    sendings: int
    seconds: float | None
    payload: Mapping[str, Any] | None

    @property
    def lost(self) -> bool:
        """Whether its first sending came to nothing."""
        return self.sendings > 1


@dataclass(frozen=True)
class Sent:
    """A search that was accepted. at: when it was first sent, by the monotonic clock."""

    search: Search
    search_id: str
    at: float


class Caller:
    """Uses one service. A service that does not answer is asked again.

    patience_seconds: after which a search without a result is sent again, once. poll_seconds: between two questions.
    """

    def __init__(self, url: str, patience_seconds: float, poll_seconds: float) -> None:
        limits = httpx.Limits(max_connections=_AT_ONCE)
        self._http = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS, limits=limits, trust_env=False)
        self._patience, self._poll = patience_seconds, poll_seconds

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, search: Search, search_id: str) -> Sent:
        """Send a search until it is accepted. Raises LocalError when it is refused."""
        at = time.monotonic()
        body = {"search_id": search_id, **search.body}
        repeating = AsyncRetrying(retry=retry_if_exception_type(httpx.TransportError), wait=wait_fixed(self._poll))
        answer: httpx.Response = await repeating(self._http.post, "/matching/searches", json=body)
        if answer.status_code != 202:
            raise LocalError(f"The service answered search {search_id} with {answer.status_code}: {answer.text}")
        return Sent(search, search_id, at)

    async def follow(self, sent: Sent, again_id: str) -> Outcome:
        """What becomes of a search; it is sent again under the other id where it has no result in time."""
        payload = await self._result(sent.search_id, sent.at + self._patience)
        if payload is not None:
            return Outcome(sent.search, 1, time.monotonic() - sent.at, payload)
        again = await self.send(sent.search, again_id)
        payload = await self._result(again_id, again.at + self._patience)
        return Outcome(sent.search, 2, None if payload is None else time.monotonic() - sent.at, payload)

    async def _result(self, search_id: str, until: float) -> Mapping[str, Any] | None:
        """The result, or None when it is not there in time."""
        while time.monotonic() < until:
            view = await self._view(search_id)
            if view.get("status") == "completed":
                payload: Mapping[str, Any] = view["payload"]
                return payload
            await asyncio.sleep(self._poll)
        return None

    async def _view(self, search_id: str) -> Mapping[str, Any]:
        """The search as the service shows it; empty where it shows none."""
        try:
            answer = await self._http.get(f"/matching/searches/{search_id}")
        except httpx.TransportError:
            return {}
        view: Mapping[str, Any] = answer.json() if answer.status_code == 200 else {}
        return view
