"""Searches for buddies and coaches: the workflow `matching`. Without a client one is made from MATCHING_WORKFLOW_*."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from durable_workflows.client import AsyncWorkflowClient, WorkflowClient
from durable_workflows.clients import Clients
from durable_workflows.errors import Unknown
from durable_workflows.models import Session, Started
from durable_workflows.settings import MatchingSettings

WORKFLOW = "matching"


@dataclass(frozen=True)
class SearchStatus:
    """Where a search is. status: of its session. payload: the result, once it is `completed`."""

    search_id: str
    status: str
    payload: dict[str, Any] | None


def start_matching_workflow(
    *,
    seeker: Mapping[str, Any],
    criteria: Mapping[str, Any],
    search_id: str | None = None,
    callback_url: str | None = None,
    owner: str | None = None,
    client: WorkflowClient | None = None,
) -> Started:
    """Start a search. Its fields: docs/matching.md. Repeat it with the search_id of your own as often as you like.

    callback_url: where the result is posted; the settings' if it is missing; nowhere if that is, too.
    """
    client = client or _clients().of_threads()
    return client.start(WORKFLOW, _input(seeker, criteria, callback_url, owner, client), session_id=search_id)


def get_search_status(search_id: str, *, client: WorkflowClient | None = None) -> SearchStatus:
    """Where a search is. Raises Unknown, also for a session of another workflow."""
    return _status((client or _clients().of_threads()).get(search_id))


async def start_matching_workflow_async(
    *,
    seeker: Mapping[str, Any],
    criteria: Mapping[str, Any],
    search_id: str | None = None,
    callback_url: str | None = None,
    owner: str | None = None,
    client: AsyncWorkflowClient | None = None,
) -> Started:
    """start_matching_workflow, awaited."""
    client = client or _clients().of_loop()
    return await client.start(WORKFLOW, _input(seeker, criteria, callback_url, owner, client), session_id=search_id)


async def get_search_status_async(search_id: str, *, client: AsyncWorkflowClient | None = None) -> SearchStatus:
    """get_search_status, awaited."""
    return _status(await (client or _clients().of_loop()).get(search_id))


def _input(
    seeker: Mapping[str, Any],
    criteria: Mapping[str, Any],
    callback_url: str | None,
    owner: str | None,
    client: WorkflowClient | AsyncWorkflowClient,
) -> dict[str, Any]:
    receiver = callback_url or client.settings.callback_url
    given = {"owner": owner, "seeker": dict(seeker), "criteria": dict(criteria), "callbackUrl": receiver}
    return {name: value for name, value in given.items() if value is not None}


def _status(session: Session) -> SearchStatus:
    if session.workflow != WORKFLOW:
        raise Unknown("UnknownSession", "There is no search of this id.", status=404)
    return SearchStatus(session.session_id, session.status, session.result if session.status == "completed" else None)


@cache
def _clients() -> Clients:
    return Clients(MatchingSettings())
