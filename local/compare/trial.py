"""One way's trial: searches are accepted, the service is killed before the vendor answers them, and started again."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from local.cloud import LocalError
from local.compare.caller import Caller, Outcome
from local.compare.process import ServiceProcess
from local.compare.searches import Search

ASK_SECONDS = 60
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Timing:
    """How long things take, in seconds: a vendor's minutes are seconds here.

    vendor: until it answers. down: the service. patience: until the caller gives a search up. poll: between two of
    its questions.
    """

    vendor: float = 5
    down: float = 2
    patience: float = 25
    poll: float = 0.5


class Trial:
    """Sends searches to a service that runs, and directs the vendor it asks.

    vendor_url: of the simulated vendor. run: begins the searches' ids. Methods raise LocalError when it does not go as
    they tell.
    """

    def __init__(self, service: ServiceProcess, vendor_url: str, run: str, timing: Timing) -> None:
        self._service, self._vendor_url = service, vendor_url
        self._run, self._timing = run, timing

    def ids(self, searches: Sequence[Search]) -> list[str]:
        """What they are first sent under."""
        return [f"{self._run}-{search.number:03}" for search in searches]

    def rehearse(self, searches: Sequence[Search]) -> list[str]:
        """Run searches one at a time, undisturbed, the vendor answering at once; their ids. Every process that is
        needed runs then.
        """
        return asyncio.run(self._rehearse(searches))

    def run(self, searches: Sequence[Search]) -> list[Outcome]:
        """What became of each search.

        Searches that wait for nobody have their results before the service is killed. Every other one that waits is
        answered while it is down, the rest once it is back.
        """
        return asyncio.run(self._trial(searches))

    async def _rehearse(self, searches: Sequence[Search]) -> list[str]:
        ids = [f"{search_id}-rehearsal" for search_id in self.ids(searches)]
        async with self._caller() as caller, self._vendor() as vendor:
            for search_id, search in zip(ids, searches, strict=True):
                await _plan(vendor, search_id, "answer")
                outcome = await caller.follow(await caller.send(search, search_id), _again(search_id))
                if outcome.lost:
                    raise LocalError(f"Search {search_id} had no result in time, though nothing was killed.")
        return ids

    async def _trial(self, searches: Sequence[Search]) -> list[Outcome]:
        sending = dict(zip(self.ids(searches), searches, strict=True))
        waiting = [search_id for search_id, search in sending.items() if search.waits]
        async with self._caller() as caller, self._vendor() as vendor:
            for search_id in waiting:
                await _plan(vendor, search_id, "silent")
                await _plan(vendor, _again(search_id), "answer", self._timing.vendor)
            accepted = await asyncio.gather(*(caller.send(search, search_id) for search_id, search in sending.items()))
            following = [asyncio.create_task(caller.follow(sent, _again(sent.search_id))) for sent in accepted]
            try:
                await _until_asked(vendor, waiting)
                await asyncio.gather(
                    *(task for task, search in zip(following, searches, strict=True) if not search.waits)
                )
                await self._interrupt(vendor, waiting)
                return list(await asyncio.gather(*following))
            finally:
                for task in following:
                    task.cancel()
                await asyncio.gather(*following, return_exceptions=True)

    async def _interrupt(self, vendor: httpx.AsyncClient, waiting: Sequence[str]) -> None:
        self._service.kill()
        for search_id in waiting[::2]:
            await _plan(vendor, search_id, "answer")
        await asyncio.sleep(self._timing.down)
        await asyncio.to_thread(self._service.start)
        for search_id in waiting[1::2]:
            await _plan(vendor, search_id, "answer", self._timing.vendor)

    def _caller(self) -> Caller:
        return Caller(self._service.url, self._timing.patience, self._timing.poll)

    def _vendor(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._vendor_url, trust_env=False)


def _again(search_id: str) -> str:
    """What a search is sent again under."""
    return f"{search_id}-again"


async def _plan(
    vendor: httpx.AsyncClient, search_id: str, behaviour: Literal["silent", "answer"], after_seconds: float = 0
) -> None:
    """Tell the vendor how to answer a search, which it may be asked about already."""
    plan = {"behaviour": behaviour, "afterSeconds": after_seconds}
    (await vendor.put(f"/requests/{search_id}", json=plan)).raise_for_status()


async def _until_asked(vendor: httpx.AsyncClient, search_ids: Sequence[str]) -> None:
    """Wait until the vendor was asked about all of these. Raises LocalError when that takes too long."""
    deadline = time.monotonic() + ASK_SECONDS
    for search_id in search_ids:
        while not (await _request(vendor, search_id))["asked"]:
            if time.monotonic() > deadline:
                raise LocalError(f"The vendor was not asked about search {search_id} within {ASK_SECONDS} s.")
            await asyncio.sleep(POLL_SECONDS)


async def _request(vendor: httpx.AsyncClient, search_id: str) -> Any:
    return (await vendor.get(f"/requests/{search_id}")).raise_for_status().json()
