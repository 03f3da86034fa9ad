"""What the local way keeps in Redis, each key for as long as a search is kept: `search:<id>`, its state as JSON, and
`search:<id>:<run>`, what the vendor answered. Profiles are there too: hash `profiles:<place>`, by user id.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ValidationError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from matching.models import Matches, Profile
from service.errors import log

# Below the connection's own timeout, so that a Redis that is gone is noticed; Redis 6 takes less than 1 ms for ever.
_LONGEST_BLOCK_SECONDS, _SHORTEST_BLOCK_SECONDS = 2.0, 0.01
_MOST_CONNECTIONS = 10_000  # each search that waits holds one; Redis itself takes no more


class Kept(BaseModel):
    """A search's state. run: which start began it. input_hash: tells a repeated start from another search."""

    status: Literal["processing", "completed", "failed"]
    run: str
    input_hash: str
    payload: dict[str, Any] | None = None
    error: str | None = None

    def completed(self, result: Matches) -> Self:
        payload = result.model_dump(mode="json", by_alias=True)
        return self.model_copy(update={"status": "completed", "payload": payload})

    def failed(self, reason: str) -> Self:
        return self.model_copy(update={"status": "failed", "error": reason})


class SearchStore:
    """Every method raises redis.RedisError when Redis does not answer. ttl_seconds: how long a search is kept."""

    def __init__(self, url: str, ttl_seconds: int) -> None:
        retry = Retry(ConstantBackoff(0.1), 2)
        self._redis = Redis.from_url(url, decode_responses=True, retry=retry, max_connections=_MOST_CONNECTIONS)
        self._ttl = ttl_seconds

    async def open(self, search_id: str, begun: Kept) -> Kept:
        """The search that stands under this id: the one that is begun now, unless another was before."""
        while not await self._redis.set(_search(search_id), begun.model_dump_json(), nx=True, ex=self._ttl):
            there = await self.get(search_id)
            if there is not None:  # None: its time was over just now
                return there
        return begun

    async def get(self, search_id: str) -> Kept | None:
        text = await self._redis.get(_search(search_id))
        return None if text is None else Kept.model_validate_json(text)

    async def end(self, search_id: str, ended: Kept) -> None:
        """Keeps the end of a search, from now on for as long as any, unless its time was over before."""
        await self._redis.set(_search(search_id), ended.model_dump_json(), xx=True, ex=self._ttl)

    async def profiles(self, places: list[str]) -> list[Profile]:
        """Everybody at these places."""
        found: list[Profile] = []
        for place in places:
            rows = await self._redis.hgetall(f"profiles:{place}")
            found += await asyncio.to_thread(_readable, place, rows)
        return found

    async def hand_answer(self, search_id: str, run: str, answer: str) -> None:
        async with self._redis.pipeline(transaction=True) as pipeline:
            key = _answers(search_id, run)
            pipeline.rpush(key, answer)
            pipeline.expire(key, self._ttl)
            await pipeline.execute()

    async def wait_for_answer(self, search_id: str, run: str, seconds: float) -> str | None:
        """The first answer that was handed over, or None when there is none in time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            block = max(_SHORTEST_BLOCK_SECONDS, min(left, _LONGEST_BLOCK_SECONDS))
            popped = await self._redis.blpop([_answers(search_id, run)], timeout=block)
            if popped is not None:
                return str(popped[1])
        return None

    async def close(self) -> None:
        await self._redis.aclose()


def _search(search_id: str) -> str:
    return f"search:{search_id}"


def _answers(search_id: str, run: str) -> str:
    return f"search:{search_id}:{run}"


def _readable(place: str, rows: Mapping[Any, Any]) -> list[Profile]:
    """The rows that are profiles. One that is not is skipped, and told in a warning by its key alone."""
    found: list[Profile] = []
    for user_id, row in rows.items():
        try:
            found.append(Profile.model_validate_json(row))
        except ValidationError:
            log.warning("profile skipped: %s at %s", user_id, place)
    return found
