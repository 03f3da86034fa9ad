"""Sessions as the API shows them, and the one way to look one up."""

from pydantic import TypeAdapter, ValidationError

from core.errors import UnknownSession
from core.models import SessionId
from core.record import Record, Table
from core.rows import Json

_session_id = TypeAdapter(SessionId)


def find(table: Table, session_id: str) -> Record:
    """The session's record. Raises UnknownSession; an id that no session can have is unknown, too."""
    try:
        record = table.get(_session_id.validate_python(session_id))
    except ValidationError:
        record = None
    if record is None:
        raise UnknownSession("there is no session of this id")
    return record


def shown(record: Record) -> Json:
    """A record without what only the table's index and a retry need."""
    return {name: value for name, value in record.items() if name not in ("openWorkflow", "carried")}
