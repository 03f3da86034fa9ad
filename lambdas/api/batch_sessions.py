"""POST /sessions/batch: the records of up to 100 sessions."""

from api.http import Request, Response, as_json, endpoint
from api.models import BatchRequest
from api.sessions import shown
from core.models import validated
from core.record import Table
from core.settings import Settings, load


@endpoint
def handler(request: Request) -> Response:
    """Answer with the records in the order asked for, each once, and with the ids that have none."""
    wanted = list(dict.fromkeys(validated(BatchRequest, request.json_object()).session_ids))
    found = Table(load(Settings).sessions_table).get_many(wanted)
    return as_json(
        200,
        {
            "records": [shown(found[session_id]) for session_id in wanted if session_id in found],
            "missing": [session_id for session_id in wanted if session_id not in found],
        },
    )
