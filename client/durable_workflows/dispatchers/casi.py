"""CASI skill profiles: the workflow `skill-sync`."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from inspect import isawaitable, iscoroutinefunction
from typing import Any

from durable_workflows.dispatchers.base import (
    BackgroundTasks,
    Dispatch,
    Dispatcher,
    Request,
    Status,
    camel,
    log,
    reason,
)
from durable_workflows.settings import CasiSettings

LocalTask = Callable[[], object]
"""A function without arguments, or a coroutine function: `functools.partial(sync_profile, user_id)`."""


class CasiWorkflowDispatcher(Dispatcher):
    """Has a user's skill profile computed anew."""

    workflow = "skill-sync"
    kind = "practice"
    owner = "user_id"
    settings_class = CasiSettings

    def dispatch(
        self,
        user_id: str,
        *,
        practice: Mapping[str, Any] | None = None,
        local_task: LocalTask | None = None,
        background_tasks: BackgroundTasks | None = None,
    ) -> Dispatch:
        """Sync a user's profile; practice: is added first, once: `{practice_id, practiced_at, drills: [{drill, area,
        score}]}`. local_task: does the work where the workflow is not configured.
        """
        request = self._sync(user_id, practice)
        if self.configured or local_task is None:
            return self._do(request, background_tasks)
        if background_tasks is not None:
            background_tasks.add_task(_run_async if iscoroutinefunction(local_task) else _run, local_task)
            return request.became("local")
        return request.became(_run(local_task))

    async def dispatch_async(
        self,
        user_id: str,
        *,
        practice: Mapping[str, Any] | None = None,
        local_task: LocalTask | None = None,
        background_tasks: BackgroundTasks | None = None,
    ) -> Dispatch:
        """dispatch, awaited."""
        request = self._sync(user_id, practice)
        if self.configured or local_task is None:
            return await self._do_async(request, background_tasks)
        if background_tasks is not None:
            background_tasks.add_task(_run_async, local_task)
            return request.became("local")
        return request.became(await _run_async(local_task))

    def _sync(self, user_id: str, practice: Mapping[str, Any] | None) -> Request:
        own_id = camel(practice or {}).get("practiceId") or f"none-{uuid.uuid4().hex}"
        return self._start(str(own_id), {"user_id": user_id, "practice": practice})


@cache
def get_casi_workflow_dispatcher() -> CasiWorkflowDispatcher:
    """The process's dispatcher, by CASI_WORKFLOW_*."""
    return CasiWorkflowDispatcher()


def _run(local_task: LocalTask) -> Status:
    """Runs the task here; what is to be awaited in an event loop of its own, for this thread's may be running."""
    try:
        result = local_task()
        if isawaitable(result):
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, _awaited(result)).result()
    except Exception as error:  # noqa: BLE001  # as with the workflow: the caller's own work goes on
        return _failed(error)
    return "local"


async def _run_async(local_task: LocalTask) -> Status:
    """Runs the task; one that is no coroutine function, in a thread."""
    try:
        result = local_task() if iscoroutinefunction(local_task) else await asyncio.to_thread(local_task)
        if isawaitable(result):
            await result
    except Exception as error:  # noqa: BLE001
        return _failed(error)
    return "local"


async def _awaited(result: Awaitable[object]) -> object:
    return await result


def _failed(error: Exception) -> Status:
    log.warning("skill-sync: the local task failed: %s", reason(error))
    return "failed"
