"""GET /sessions/{sessionId}: a session's record, with its result once it has one."""

from pydantic import Field

from api.http import Request, Response, as_json, endpoint
from api.sessions import find, shown
from core.outputs import Results
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
    session = shown(record)
    if "outcome" in record:
        ending = Results(settings.results_table).get(record["sessionId"], record["createdAt"])
        if ending is not None:
            session["result"] = ending["result"]
    return as_json(200, session)
