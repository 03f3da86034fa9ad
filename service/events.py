"""Events of the platform: a completed practice has the rider's CASI skill profile synced, by workflow skill-sync."""

from functools import partial
from typing import Any

from fastapi import BackgroundTasks
from pydantic import BaseModel

from core.models import validated
from durable_workflows.dispatchers import get_casi_workflow_dispatcher
from service.errors import log
from skill_sync.models import CompletedPractice

_PRACTICE_COMPLETED = ("snowboard-teaching", "snowboard.practice.completed")


class PlatformEvent(BaseModel):
    """What happened, in which project. data: of a practice, what the event on the bus has as its detail."""

    source_project: str
    event_type: str
    data: dict[str, Any] = {}


class TakenEvent(BaseModel):
    """Whether the workflow is told, and the session that it becomes."""

    dispatched: bool
    session_id: str | None = None


async def take(event: PlatformEvent, background_tasks: BackgroundTasks) -> TakenEvent:
    """Dispatches a sync for a practice, once for each, however often it is told. Raises InvalidInput."""
    if (event.source_project, event.event_type) != _PRACTICE_COMPLETED:
        return TakenEvent(dispatched=False)
    practice = validated(CompletedPractice, event.data, within="data")
    dispatch = await get_casi_workflow_dispatcher().dispatch_async(
        practice.user_id,
        practice=practice.model_dump(mode="json", by_alias=True, exclude={"user_id"}),
        local_task=partial(_not_synced, practice.practice_id),
        background_tasks=background_tasks,
    )
    if dispatch.status != "handed_over":
        return TakenEvent(dispatched=False)
    return TakenEvent(dispatched=True, session_id=dispatch.session_id)


def _not_synced(practice_id: str) -> None:
    """The local task: skill profiles have no local way, only the workflow's tables."""
    log.info("practice %s is not synced: no CASI_WORKFLOW_URL is set, and no profiles are kept here", practice_id)
