"""Which way a search goes: the durable workflow, or a task of this process."""

import uuid
from typing import Protocol

from redis.exceptions import RedisError

from matching.models import MatchingInput
from service.durable import DurableUnavailable
from service.errors import log, unknown_search
from service.views import DeliveredViews, SearchView


class Way(Protocol):
    """How searches are run."""

    async def start(self, search_id: str, raw: MatchingInput) -> str:
        """The status of the search, which is begun unless the same request began it before.

        Raises Refusal 409 and 422 for what the caller sent.
        """
        ...

    async def view(self, search_id: str) -> SearchView | None:
        """The search as it is now, or None where there is none."""
        ...

    async def stop(self) -> None:
        """Called when the process ends."""
        ...


class MatchingWorkflowOrchestrator:
    """Runs searches one way. fallback: takes those that the durable workflow could not, and answers for them."""

    def __init__(self, way: Way, fallback: Way | None) -> None:
        self._way, self._fallback = way, fallback
        self.delivered = DeliveredViews()

    async def start(self, raw: MatchingInput) -> SearchView:
        """Begins a search. Raises Refusal 409 and 422; DurableUnavailable, where there is no fallback."""
        search_id = raw.search_id or raw.session_id or f"search_{uuid.uuid4().hex}"
        return SearchView(search_id=search_id, status=await self._start(search_id, raw))

    async def status(self, search_id: str) -> SearchView:
        """The search as it is now, without asking if its result came here. Raises Refusal 404, DurableUnavailable."""
        view = await self._fallen_back(search_id) or self.delivered.get(search_id) or await self._way.view(search_id)
        if view is None and self._fallback is not None:
            view = await self._fallback.view(search_id)  # a store that does not answer is told now
        if view is None:
            raise unknown_search()
        return view

    async def stop(self) -> None:
        await self._way.stop()
        if self._fallback is not None:
            await self._fallback.stop()

    async def _start(self, search_id: str, raw: MatchingInput) -> str:
        if self._fallback is None:
            return await self._way.start(search_id, raw)
        if await self._fallen_back(search_id) is not None:
            return await self._fallback.start(search_id, raw)
        try:
            return await self._way.start(search_id, raw)
        except DurableUnavailable as error:
            log.warning("search %s runs in this process: %s", search_id, error)
            return await self._fallback.start(search_id, raw)

    async def _fallen_back(self, search_id: str) -> SearchView | None:
        """The search as the fallback knows it. One whose store does not answer keeps no search from the other way."""
        try:
            return await self._fallback.view(search_id) if self._fallback is not None else None
        except RedisError:
            return None
