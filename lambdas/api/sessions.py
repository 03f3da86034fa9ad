"""Sessions as the API shows them, and the one way to look one up."""

from pydantic import TypeAdapter, ValidationError

from core.errors import UnknownSession
from core.models import SessionId
from core.outputs import Results
from core.record import Record, Table
from core.rows import Json

_session_id = TypeAdapter(SessionId)
_HIDDEN = frozenset({"openWorkflow", "carried", "queuedUntil"})


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
    """A record without what only the table's index, a retry and the sweep need."""
    return {name: value for name, value in record.items() if name not in _HIDDEN}


def with_result(record: Record, results_table: str) -> Json:
    """A record as it is shown, with its result where it says that this stands."""
    session = shown(record)
    if "outcome" in record:
        ending = Results(results_table).get(record["sessionId"], record["createdAt"])
        if ending is not None:
            session["result"] = ending["result"]
    return session
