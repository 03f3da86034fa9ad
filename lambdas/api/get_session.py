"""GET /sessions/{sessionId}: a session's record, with its result once it has one."""

from pydantic import Field

from api.http import Request, Response, as_json, endpoint
from api.sessions import find, with_result
from core.record import Table
from core.settings import Settings, load


class GetSettings(Settings):
    """What this route reads."""

    results_table: str = Field(min_length=1)


@endpoint
def handler(request: Request) -> Response:
    """Answer with the record. The result is shown only where the record says that it stands."""
    settings = load(GetSettings)
    record = find(Table(settings.sessions_table), request.path["sessionId"])
    return as_json(200, with_result(record, settings.results_table))
