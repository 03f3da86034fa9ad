"""Requests to come along on a trip: the workflow `trip-request`."""

from datetime import date
from functools import cache
from typing import TypedDict, Unpack

from durable_workflows.dispatchers.base import BackgroundTasks, Dispatch, Dispatcher
from durable_workflows.settings import TripBuddySettings


class TripRequest(TypedDict):
    """Who wants to come along on whose trip, and when. message: the requester's words to the owner."""

    trip_id: str
    trip_title: str
    owner_id: str
    requester_id: str
    start_date: date | str
    end_date: date | str
    message: str


class TripChanges(TypedDict, total=False):
    """What the requester changes."""

    start_date: date | str
    end_date: date | str
    message: str


class TripBuddyWorkflowDispatcher(Dispatcher):
    """Tells what becomes of a request before the trip's owner has answered. request_id: the caller's own."""

    workflow = "trip-request"
    kind = "trip"
    owner = "requester_id"
    settings_class = TripBuddySettings

    def notify_request_created(
        self, request_id: str, *, background_tasks: BackgroundTasks | None = None, **request: Unpack[TripRequest]
    ) -> Dispatch:
        """Somebody asks to come along: the owner is asked."""
        return self._do(self._start(request_id, request), background_tasks)

    async def notify_request_created_async(
        self, request_id: str, *, background_tasks: BackgroundTasks | None = None, **request: Unpack[TripRequest]
    ) -> Dispatch:
        """notify_request_created, awaited."""
        return await self._do_async(self._start(request_id, request), background_tasks)

    def notify_request_updated(
        self, request_id: str, *, background_tasks: BackgroundTasks | None = None, **changes: Unpack[TripChanges]
    ) -> Dispatch:
        """The requester has changed dates or message: the owner is told, and asked no second time."""
        return self._do(self._signal(request_id, "update", changes), background_tasks)

    async def notify_request_updated_async(
        self, request_id: str, *, background_tasks: BackgroundTasks | None = None, **changes: Unpack[TripChanges]
    ) -> Dispatch:
        """notify_request_updated, awaited."""
        return await self._do_async(self._signal(request_id, "update", changes), background_tasks)

    def notify_request_cancelled(self, request_id: str, *, background_tasks: BackgroundTasks | None = None) -> Dispatch:
        """The requester does not want to come any more: the owner is told, and their link is no longer open."""
        return self._do(self._signal(request_id, "cancel"), background_tasks)

    async def notify_request_cancelled_async(
        self, request_id: str, *, background_tasks: BackgroundTasks | None = None
    ) -> Dispatch:
        """notify_request_cancelled, awaited."""
        return await self._do_async(self._signal(request_id, "cancel"), background_tasks)


@cache
def get_tripbuddy_workflow_dispatcher() -> TripBuddyWorkflowDispatcher:
    """The process's dispatcher, by TRIPBUDDY_WORKFLOW_*."""
    return TripBuddyWorkflowDispatcher()
