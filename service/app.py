"""The service as an ASGI app: `uvicorn service.app:create_app --factory`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from durable_workflows import AsyncWorkflowClient
from durable_workflows.dispatchers import get_casi_workflow_dispatcher
from durable_workflows.settings import MatchingSettings
from matching.vendor import Vendor
from service.durable import DurableWay
from service.errors import answer_errors
from service.local_way import LocalWay
from service.orchestrator import MatchingWorkflowOrchestrator
from service.routes import router
from service.settings import LocalSettings, configuration
from service.store import SearchStore

BODY_BYTES = 256 * 1024  # what the workflow takes as input


def create_app() -> FastAPI:
    """The app, by the environment's settings. Raises NotConfigured naming each variable that is wrong or missing."""
    settings = configuration()
    local = None if settings.local is None else _local_way(settings.local)
    app = FastAPI(title="Matching", lifespan=_running, max_body_size=BODY_BYTES)
    app.state.configuration = settings
    app.state.local_way = local
    app.state.orchestrator = _orchestrator(settings.workflow, local)
    answer_errors(app)
    app.include_router(router)
    return app


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.orchestrator.stop()
    await get_casi_workflow_dispatcher().close_async()


def _orchestrator(workflow: MatchingSettings, local: LocalWay | None) -> MatchingWorkflowOrchestrator:
    """Durable where the workflow is configured; the local way is then there for its failures, if at all."""
    if workflow.configured or local is None:
        return MatchingWorkflowOrchestrator(DurableWay(AsyncWorkflowClient(workflow)), fallback=local)
    return MatchingWorkflowOrchestrator(local, fallback=None)


def _local_way(settings: LocalSettings) -> LocalWay:
    return LocalWay(
        SearchStore(str(settings.redis_url), settings.search_ttl_seconds),
        Vendor(settings.vendor_url, settings.vendor_api_key.get_secret_value()),
        settings.public_url,
        settings.webhooks_secret,
        settings.review_seconds,
    )
