"""POST /progress: where to watch sessions, with a ticket for these and no others."""

from pydantic import Field

from api.http import Request, Response, as_json, endpoint
from api.models import BatchRequest
from core.clock import ahead
from core.models import validated
from core.parameters import parameter, secret
from core.settings import Settings, load
from core.watch_tickets import TICKET_SECONDS, ticket_for


class WatchSettings(Settings):
    """progress_secret: name or ARN of the secret that tickets are signed with. progress_url_parameter: the name of the
    parameter that tells where clients connect to.
    """

    progress_secret: str = Field(min_length=1)
    progress_url_parameter: str = Field(min_length=1)


@endpoint
def handler(request: Request) -> Response:
    """Answer with the WebSocket's URL, good to connect with until `expiresAt`. Sessions need not exist yet."""
    settings = load(WatchSettings)
    wanted = dict.fromkeys(validated(BatchRequest, request.json_object()).session_ids)
    ticket = ticket_for(wanted, secret(settings.progress_secret))
    url = f"{parameter(settings.progress_url_parameter)}?ticket={ticket}"
    return as_json(200, {"url": url, "expiresAt": ahead(TICKET_SECONDS)})
