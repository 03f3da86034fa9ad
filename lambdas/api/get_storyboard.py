"""GET /sessions/{sessionId}/storyboard: where the whole storyboard of an analysed novel can be fetched."""

from pydantic import Field

from api.http import Refusal, Request, Response, as_json, endpoint
from api.sessions import find, with_result
from core.clock import ahead
from core.files import files
from core.record import Table
from core.settings import Settings, load

_SECONDS = 15 * 60


class StoryboardSettings(Settings):
    """What this route reads."""

    results_table: str = Field(min_length=1)


@endpoint
def handler(request: Request) -> Response:
    """Answer with a link to the file, which is too large for an answer."""
    settings = load(StoryboardSettings)
    record = find(Table(settings.sessions_table), request.path["sessionId"])
    result = with_result(record, settings.results_table).get("result") or {}
    if "storyboardKey" not in result:
        raise Refusal(
            404,
            "NoStoryboard",
            f"The session has no storyboard: it is a {record['workflow']} session, and {record['status']}.",
        )
    return as_json(200, {"url": files().link(result["storyboardKey"], seconds=_SECONDS), "expiresAt": ahead(_SECONDS)})
