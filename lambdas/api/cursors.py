"""Cursors: where a page of sessions ended, as text that only the same question takes back.

A cursor opens nothing: whose sessions are listed is said by the request, not by its cursor.
"""

import base64
import hashlib
import json
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from api.models import ListQuery
from core.errors import InvalidInput
from core.models import SessionId


@dataclass(frozen=True)
class Position:
    """The last session of a page: when its record was made, and its id."""

    created_at: str
    session_id: str


_content = TypeAdapter(tuple[str, str, SessionId])


def cursor_of(query: ListQuery, position: Position) -> str:
    """The position as a cursor of this question."""
    content = json.dumps([_question(query), position.created_at, position.session_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def position_in(query: ListQuery) -> Position | None:
    """Where to go on, or None at the beginning. Raises InvalidInput for a cursor of another question, or of nobody."""
    if query.cursor is None:
        return None
    try:
        content = base64.urlsafe_b64decode(query.cursor + "==")
        question, created_at, session_id = _content.validate_json(content)
    except (ValueError, ValidationError):
        raise InvalidInput([("cursor", "is none of ours; leave it out to begin anew")]) from None
    if question != _question(query) or not 0 < len(created_at) <= 32:
        raise InvalidInput([("cursor", "belongs to another question; keep workflow, owner and status as they were")])
    return Position(created_at, session_id)


def _question(query: ListQuery) -> str:
    asked = json.dumps([query.workflow, query.owner, query.status])
    return hashlib.sha256(asked.encode()).hexdigest()[:16]
