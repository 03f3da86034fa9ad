"""Each call of the API, described once for both clients: method, path, body, and what the answer is."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from pydantic_core import to_json

from durable_workflows.errors import InvalidInput
from durable_workflows.models import (
    Answer,
    Answered,
    Batch,
    Page,
    Problem,
    Session,
    SessionStatus,
    Started,
)

_ID_NAMES = ("sessionId", "session_id", "searchId", "search_id")

AnswerT = TypeVar("AnswerT", bound=Answer)


@dataclass(frozen=True)
class Call(Generic[AnswerT]):
    """One call. path: quoted, with the query. repeatable: whether it may be sent again when its answer was lost."""

    method: str
    path: str
    answer: type[AnswerT]
    body: bytes = b""
    repeatable: bool = True

    def request(self, url: str | None) -> dict[str, Any]:
        """What httpx is to send to the API at this URL."""
        headers = {"accept": "application/json"} | ({"content-type": "application/json"} if self.body else {})
        return {"method": self.method, "url": f"{url}{self.path}", "content": self.body, "headers": headers}


def start(workflow: str, raw: Mapping[str, Any], session_id: str | None) -> Call[Started]:
    """Always with a session's id: the same request again then finds the same session."""
    body = dict(raw)
    if session_id is not None or all(body.get(name) is None for name in _ID_NAMES):
        body["sessionId"] = session_id or f"sess_{uuid.uuid4().hex}"
    return Call("POST", f"/workflows/{_segment('workflow', workflow)}/start", Started, to_json(body))


def get(session_id: str) -> Call[Session]:
    return Call("GET", _session(session_id), Session)


def list_sessions(**query: str | int | None) -> Call[Page]:
    # A space as %20: the signature is over what is sent, and AWS reads a + as a plus.
    text = urlencode({name: value for name, value in query.items() if value is not None}, quote_via=quote, safe="")
    return Call("GET", f"/sessions?{text}", Page)


def batch(session_ids: Iterable[str]) -> Call[Batch]:
    return Call("POST", "/sessions/batch", Batch, to_json({"sessionIds": list(session_ids)}))


def cancel(session_id: str) -> Call[SessionStatus]:
    """Repeated: a session that the first request cancelled is cancelled, not refused."""
    return Call("POST", f"{_session(session_id)}/cancel", SessionStatus)


def retry(session_id: str) -> Call[SessionStatus]:
    """Repeated: refused once the session runs again, which `retried` knows from a refusal."""
    return Call("POST", f"{_session(session_id)}/retry", SessionStatus)


def retried(session: Session) -> SessionStatus | None:
    """The session's status if a retry has set it going again."""
    if session.attempt > 1 and session.status not in ("failed", "cancelled"):
        return SessionStatus(session_id=session.session_id, status=session.status)
    return None


def signal(session_id: str, name: str, by: str | None, comment: str | None, payload: Any) -> Call[Answered]:
    """Not repeated when its answer was lost: the session may by then ask something else, and take it for the answer."""
    given = {"by": by, "comment": comment, "payload": payload}
    body = to_json({field: value for field, value in given.items() if value is not None})
    path = f"{_session(session_id)}/signals/{_segment('name', name)}"
    return Call("POST", path, Answered, body, repeatable=False)


def _session(session_id: str) -> str:
    return f"/sessions/{_segment('session_id', session_id)}"


def _segment(field: str, value: str) -> str:
    """A part of a path. Raises InvalidInput for what would make it another path."""
    if value in ("", ".", ".."):
        problem = Problem(field=field, problem="letters, digits, _ and - are allowed, at least one")
        raise InvalidInput("InvalidInput", "This is no id.", status=400, details=[problem])
    return quote(value, safe="")
