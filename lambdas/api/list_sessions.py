"""GET /sessions: the sessions of a workflow, of an owner, or of both, newest first.

Sessions are found through an index that holds their keys; what else is asked for is looked up in their records. So
that a rare status does not make one request read everything, a request looks at a bounded number of sessions: a page
may then be short, or empty, and still have a cursor.
"""

from api.cursors import Position, cursor_of, position_in
from api.http import Request, Response, as_json, endpoint
from api.models import ListQuery
from api.sessions import shown
from core.errors import InvalidInput
from core.models import validated
from core.record import Record, Table
from core.rows import Json
from core.settings import Settings, load

_PER_READ = 100
_MOST_READS = 5


@endpoint
def handler(request: Request) -> Response:
    """Answer with a page of records."""
    query = validated(ListQuery, dict(request.query))
    if query.workflow is None and query.owner is None:
        raise InvalidInput([("workflow", "give a workflow, an owner, or both")])
    records, end = _page(Table(load(Settings).sessions_table), query)
    page: Json = {"records": [shown(record) for record in records]}
    if end is not None:
        page["cursor"] = cursor_of(query, end)
    return as_json(200, page)


def _page(table: Table, query: ListQuery) -> tuple[list[Record], Position | None]:
    """The records of a page, and where it ended; None where nothing follows."""
    key, value = ("owner", query.owner) if query.owner is not None else ("workflow", query.workflow)
    picky = query.status is not None or None not in (query.workflow, query.owner)
    start = position_in(query)
    after: Json | None = None
    if start is not None:
        after = {key: value, "createdAt": start.created_at, "sessionId": start.session_id}
    page: list[Record] = []
    for _ in range(_MOST_READS):
        ids, after = table.newest(f"by-{key}", str(value), _PER_READ if picky else query.limit, after)
        found = table.get_many(ids)
        for record in (found[session_id] for session_id in ids if session_id in found):
            if not _wanted(record, query):
                continue
            page.append(record)
            if len(page) == query.limit and (after is not None or record["sessionId"] != ids[-1]):
                return page, Position(record["createdAt"], record["sessionId"])
        if after is None:
            break
    return page, Position(after["createdAt"], after["sessionId"]) if after is not None else None


def _wanted(record: Record, query: ListQuery) -> bool:
    return query.workflow in (None, record["workflow"]) and query.status in (None, record["status"])
