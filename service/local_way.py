"""The local way: a task of this process does the search, and Redis knows its state. When the process dies, so does the
search: it stays `processing` until its time in Redis is over.
"""

import asyncio
import uuid

from pydantic import SecretStr
from pydantic_core import from_json
from redis.exceptions import RedisError

from core.errors import WorkflowError
from core.executions import input_hash
from matching.errors import VendorRefused, VendorUnavailable
from matching.finding import find
from matching.models import Candidate, Matches, MatchingInput, Reviews, Search
from matching.opening import opened
from matching.ranking import rank, readable
from matching.seasons import places
from matching.vendor import Vendor, review_request
from service.errors import log, other_input, unknown_search
from service.store import Kept, SearchStore
from service.views import SearchView


class LocalWay:
    """Runs searches here. public_url: of this service; the vendor posts its answers there, signed with webhooks_secret.
    review_seconds: how long it may take.
    """

    def __init__(
        self, store: SearchStore, vendor: Vendor, public_url: str, webhooks_secret: SecretStr, review_seconds: int
    ) -> None:
        self.webhooks_secret = webhooks_secret
        self._store, self._vendor = store, vendor
        self._public_url, self._review_seconds = public_url, review_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, search_id: str, raw: MatchingInput) -> str:
        """The status of the search, which is begun unless it was before. Raises Refusal 409 for other input."""
        search = opened(raw, search_id, self._review_seconds)
        given = raw.model_dump(mode="json", by_alias=True, exclude={"session_id", "search_id"})
        begun = Kept(status="processing", run=uuid.uuid4().hex, input_hash=input_hash(given))
        there = await self._store.open(search_id, begun)
        if there.input_hash != begun.input_hash:
            raise other_input(search_id)
        if there.run == begun.run:
            task = asyncio.create_task(self._run(search, begun))
            self._tasks.add(task)  # the event loop itself keeps no task alive
            task.add_done_callback(self._tasks.discard)
        return there.status

    async def view(self, search_id: str) -> SearchView | None:
        """The search as Redis knows it, or None."""
        kept = await self._store.get(search_id)
        return None if kept is None else SearchView(search_id=search_id, status=kept.status, payload=kept.payload)

    async def answer(self, search_id: str, answer: str) -> str:
        """Hands the vendor's answer, in JSON, to the search that waits for it; only the first counts.

        Returns the search's status. Raises Refusal 404.
        """
        kept = await self._store.get(search_id)
        if kept is None:
            raise unknown_search()
        if kept.status == "processing":
            await self._store.hand_answer(search_id, kept.run, answer)
        return kept.status

    async def stop(self) -> None:
        """Ends with the process: what was not finished is lost."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._store.close()

    async def _run(self, search: Search, begun: Kept) -> None:
        """Never raises, for nobody awaits it: what went wrong is kept with the search."""
        try:
            ended = begun.completed(await self._result(search, begun.run))
        except Exception as error:  # noqa: BLE001
            log.error("search %s failed: %s", search.search_id, _reason(error))
            ended = begun.failed(_reason(error))
        try:
            await self._store.end(search.search_id, ended)
        except RedisError as error:
            log.error("search %s is lost, Redis does not take its end: %s", search.search_id, _reason(error))

    async def _result(self, search: Search, run: str) -> Matches:
        profiles = await self._store.profiles(places(search.criteria))
        candidates = await asyncio.to_thread(find, search, profiles)
        asked = search.needs_review and bool(candidates)
        reviews = await self._reviews(search, candidates, run) if asked else None
        return rank(search, candidates, reviews)

    async def _reviews(self, search: Search, candidates: list[Candidate], run: str) -> Reviews | None:
        """The vendor's reviews, or None where it has none in time."""
        request = review_request(search, candidates, f"{self._public_url}/matching/reviews/{search.search_id}")
        try:
            await asyncio.to_thread(self._vendor.request, request)
        except (VendorUnavailable, VendorRefused) as error:
            log.warning("search %s goes on without reviews: %s", search.search_id, error)
            return None
        answer = await self._store.wait_for_answer(search.search_id, run, search.review_seconds)
        return None if answer is None else readable(from_json(answer))


def _reason(error: Exception) -> str:
    """Errors of this project keep their words; the text of any other could hold personal data."""
    return str(error) if isinstance(error, WorkflowError) else type(error).__name__
