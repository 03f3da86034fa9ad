"""Reminders of what to do with one's gear: the workflow `gear-reminder`."""

import uuid
from datetime import date, datetime
from functools import cache
from typing import TypedDict, Unpack

from durable_workflows.dispatchers.base import BackgroundTasks, Dispatch, Dispatcher, Request
from durable_workflows.settings import GearSettings


class Repeat(TypedDict):
    """Every so many days, until a date."""

    every_days: int
    until: date | str


class ReminderOptions(TypedDict, total=False):
    """reminder_id: the caller's own; with it the call may be repeated. time_zone: of the IANA database, e.g.
    "Europe/Zurich": whose clocks a repeated reminder goes by.
    """

    reminder_id: str
    time_zone: str
    repeat: Repeat


class GearReminderWorkflowDispatcher(Dispatcher):
    """Schedules reminders, moves and cancels them. A moment is an aware datetime, or ISO 8601 with its offset."""

    workflow = "gear-reminder"
    kind = "gear"
    owner = "user_id"
    settings_class = GearSettings

    def schedule(
        self,
        user_id: str,
        gear: str,
        reminder_type: str,
        message: str,
        scheduled_at: datetime | str,
        *,
        background_tasks: BackgroundTasks | None = None,
        **options: Unpack[ReminderOptions],
    ) -> Dispatch:
        """Remind a user then. The returned `id` is the reminder's, made up where none is given, whatever the status."""
        request = self._scheduled(user_id, gear, reminder_type, message, scheduled_at, options)
        return self._do(request, background_tasks)

    async def schedule_async(
        self,
        user_id: str,
        gear: str,
        reminder_type: str,
        message: str,
        scheduled_at: datetime | str,
        *,
        background_tasks: BackgroundTasks | None = None,
        **options: Unpack[ReminderOptions],
    ) -> Dispatch:
        """schedule, awaited."""
        request = self._scheduled(user_id, gear, reminder_type, message, scheduled_at, options)
        return await self._do_async(request, background_tasks)

    def move(
        self, reminder_id: str, scheduled_at: datetime | str, *, background_tasks: BackgroundTasks | None = None
    ) -> Dispatch:
        """Remind at another moment, earlier or later."""
        return self._do(self._signal(reminder_id, "move", {"scheduled_at": scheduled_at}), background_tasks)

    async def move_async(
        self, reminder_id: str, scheduled_at: datetime | str, *, background_tasks: BackgroundTasks | None = None
    ) -> Dispatch:
        """move, awaited."""
        return await self._do_async(self._signal(reminder_id, "move", {"scheduled_at": scheduled_at}), background_tasks)

    def cancel(self, reminder_id: str, *, background_tasks: BackgroundTasks | None = None) -> Dispatch:
        """Remind no more."""
        return self._do(self._signal(reminder_id, "cancel"), background_tasks)

    async def cancel_async(self, reminder_id: str, *, background_tasks: BackgroundTasks | None = None) -> Dispatch:
        """cancel, awaited."""
        return await self._do_async(self._signal(reminder_id, "cancel"), background_tasks)

    def _scheduled(
        self,
        user_id: str,
        gear: str,
        reminder_type: str,
        message: str,
        scheduled_at: datetime | str,
        options: ReminderOptions,
    ) -> Request:
        fields = {
            "user_id": user_id,
            "gear": gear,
            "reminder_type": reminder_type,
            "message": message,
            "scheduled_at": scheduled_at,
            "time_zone": options.get("time_zone"),
            "repeat": options.get("repeat"),
        }
        return self._start(options.get("reminder_id") or uuid.uuid4().hex, fields)


@cache
def get_gear_workflow_dispatcher() -> GearReminderWorkflowDispatcher:
    """The process's dispatcher, by GEAR_WORKFLOW_*."""
    return GearReminderWorkflowDispatcher()
