"""The service's routes."""

from typing import Annotated, cast

from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response
from pydantic import SecretStr, ValidationError
from pydantic_core import from_json

from core.models import SessionId
from matching.models import MatchingInput
from service import events
from service.errors import Refusal, invalid
from service.events import PlatformEvent, TakenEvent
from service.local_way import LocalWay
from service.orchestrator import MatchingWorkflowOrchestrator
from service.settings import Configuration
from service.signatures import verify
from service.views import Delivered, SearchView

router = APIRouter()


def _orchestrator(request: Request) -> MatchingWorkflowOrchestrator:
    return cast(MatchingWorkflowOrchestrator, request.app.state.orchestrator)


def _local_way(request: Request) -> LocalWay:
    local = cast(LocalWay | None, request.app.state.local_way)
    if local is None:
        raise Refusal(404, "NotFound", "This service runs no searches of its own.")
    return local


def _configuration(request: Request) -> Configuration:
    return cast(Configuration, request.app.state.configuration)


Orchestrator = Annotated[MatchingWorkflowOrchestrator, Depends(_orchestrator)]
Local = Annotated[LocalWay, Depends(_local_way)]
Configured = Annotated[Configuration, Depends(_configuration)]


@router.post("/matching/searches", status_code=202)
async def start_search(search: MatchingInput, orchestrator: Orchestrator, response: Response) -> SearchView:
    """Begin a search. The same search_id with the same input again finds the same search."""
    if search.callback_url is not None:
        raise invalid([("callbackUrl", "is not the caller's: results come to this service; ask for them")])
    view = await orchestrator.start(search)
    response.headers["Location"] = f"/matching/searches/{view.search_id}"
    return view


@router.get("/matching/searches/{search_id}")
async def get_search(search_id: SessionId, orchestrator: Orchestrator) -> SearchView:
    """The search, with its result once it is completed."""
    return await orchestrator.status(search_id)


@router.post("/matching/callbacks")
async def take_result(request: Request, orchestrator: Orchestrator, settings: Configured) -> SearchView:
    """Take a result that the durable workflow delivers. Repeating it changes nothing.

    A search that this process has never heard of is taken too: another one, or an earlier one, may have begun it.
    """
    body = await _signed(request, settings.service.deliveries_secret)
    try:
        delivered = Delivered.model_validate_json(body)
        orchestrator.delivered.keep(delivered)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        raise invalid((".".join(map(str, each["loc"])) or "body", each["msg"]) for each in problems) from None
    return SearchView(search_id=delivered.search_id, status=delivered.status)


@router.post("/matching/reviews/{search_id}")
async def take_reviews(search_id: SessionId, request: Request, local: Local) -> SearchView:
    """Take the vendor's answer for a search of the local way. The first counts; repeating it changes nothing."""
    body = await _signed(request, local.webhooks_secret)
    try:
        from_json(body)
    except ValueError:
        raise invalid([("body", "is not JSON")]) from None
    return SearchView(search_id=search_id, status=await local.answer(search_id, body.decode()))


@router.post("/events", status_code=202)
async def take_event(event: PlatformEvent, background_tasks: BackgroundTasks) -> TakenEvent:
    """Take an event of the platform. Most are of no interest here, which is no error; repeating one changes nothing."""
    return await events.take(event, background_tasks)


@router.get("/healthz")
async def health(settings: Configured) -> dict[str, str]:
    """That the process serves, and which way it starts searches."""
    return {"status": "ok", "way": "durable" if settings.workflow.configured else "local"}


async def _signed(request: Request, secret: SecretStr | None) -> bytes:
    """The body, which the secret's holder signed. Raises Refusal 401; 503 without a secret, so that it comes again."""
    if secret is None:
        raise Refusal(503, "NotConfigured", "This service has no secret to verify this with.")
    body = await request.body()
    verify(secret, request.headers, body)
    return body
