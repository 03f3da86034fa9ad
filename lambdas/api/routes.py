"""The API's routes. openapi.json is written from them, and infra/api.py builds the gateways from that file."""

from dataclasses import dataclass

from pydantic import BaseModel, RootModel

from api import models
from core.models import Model


@dataclass(frozen=True)
class Route:
    """One operation. `module` answers it: with `status` and `model` (None: a page for people, in HTML), with 200 and
    `at_once` where it has that and need not put the caller off, or with one of the errors `refuses`, or one that always
    can occur. `keyed`: it wants an API key or an IAM signature.
    """

    method: str
    path: str
    module: str
    summary: str
    status: int
    model: type[BaseModel] | None
    refuses: tuple[int, ...] = ()
    keyed: bool = True
    query: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()
    body: str | None = None
    at_once: type[BaseModel] | None = None


class OpenApiDocument(RootModel[dict[str, object]]):
    """This document."""


class Ticket(Model):
    """What an approval's link carries."""

    ticket: str


ROUTES = (
    Route(
        "post",
        "/workflows/{workflow}/start",
        "start_workflow",
        "Start a workflow. The same request again finds the same session.",
        202,
        models.Started,
        refuses=(400, 404, 409),
        query=models.StartQuery,
        body="inputs",
        at_once=models.SessionWithResult,
    ),
    Route(
        "post",
        "/uploads",
        "create_upload",
        "A form to upload a file with; a workflow's start then names its key.",
        200,
        models.Upload,
    ),
    Route(
        "get",
        "/sessions/{sessionId}",
        "get_session",
        "A session's record, with its result once it has one.",
        200,
        models.SessionWithResult,
        refuses=(404,),
    ),
    Route(
        "get",
        "/sessions/{sessionId}/storyboard",
        "get_storyboard",
        "Where the storyboard of an analysed novel can be fetched.",
        200,
        models.ShortLivedUrl,
        refuses=(404,),
    ),
    Route(
        "get",
        "/sessions",
        "list_sessions",
        "The sessions of a workflow, an owner, or both, newest first. One of the two is required.",
        200,
        models.SessionPage,
        refuses=(400,),
        query=models.ListQuery,
    ),
    Route(
        "post",
        "/sessions/batch",
        "batch_sessions",
        "The records of up to 100 sessions.",
        200,
        models.SessionBatch,
        refuses=(400,),
        body="BatchRequest",
    ),
    Route(
        "post",
        "/progress",
        "watch_sessions",
        "Where to watch sessions by a WebSocket, with a ticket for up to 100 of them.",
        200,
        models.ShortLivedUrl,
        refuses=(400,),
        body="BatchRequest",
    ),
    Route(
        "post",
        "/sessions/{sessionId}/cancel",
        "cancel_session",
        "Stop a session. Its record says `cancelled` a moment later. Asking again changes nothing.",
        202,
        models.SessionStatus,
        refuses=(404, 409),
    ),
    Route(
        "post",
        "/sessions/{sessionId}/retry",
        "retry_session",
        "Run a failed session on. Steps that succeeded are not run again.",
        202,
        models.SessionStatus,
        refuses=(404, 409),
    ),
    Route(
        "post",
        "/sessions/{sessionId}/signals/{name}",
        "send_signal",
        "Answer the question that a session waits on.",
        202,
        models.Answered,
        refuses=(400, 404, 409),
        body="Signal",
    ),
    Route(
        "post",
        "/callbacks/{callbackId}",
        "answer_callback",
        "Answer as another system, signed as Standard Webhooks say. The same webhook-id again changes nothing.",
        200,
        models.Answered,
        refuses=(400, 401, 404, 409, 410),
        keyed=False,
        headers=("webhook-id", "webhook-timestamp", "webhook-signature"),
        body="json",
    ),
    Route(
        "get",
        "/approvals/{callbackId}",
        "show_approval",
        "The page that asks for a decision, or says what was decided. It changes nothing.",
        200,
        None,
        refuses=(404, 409, 410),
        keyed=False,
        query=Ticket,
    ),
    Route(
        "post",
        "/approvals/{callbackId}",
        "decide_approval",
        "The page's form. The same decision again is told the same; another one, what stands.",
        200,
        None,
        refuses=(400, 404, 409, 410, 415),
        keyed=False,
        query=Ticket,
        body="form",
    ),
    Route("get", "/openapi.json", "get_openapi", "This document.", 200, OpenApiDocument, keyed=False),
)
