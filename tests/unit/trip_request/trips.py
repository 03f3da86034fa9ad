"""A request to test with: what is sent, what its steps hand on, and its way through the Lambdas and the API."""

import json
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from core.callback_rows import CallbackRow, callback_id_of
from core.callbacks import Callbacks
from core.questions import Decision
from core.step import Step
from tests.support.decisions import deliver
from tests.support.tables import notifications
from tests.support.waits import tasks
from tests.unit.api.calling import Answer, call
from trip_request import ask_owner, close_request, open_request, update_request
from trip_request.models import CloseOrder, TripRequest, UpdateOrder

SENT: dict[str, Any] = {
    "tripId": "trip-1",
    "tripTitle": "A week in Whistler",
    "ownerId": "owner-1",
    "requesterId": "rider-1",
    "startDate": "2040-01-12",
    "endDate": "2040-01-18",
    "message": "May I come?",
}
OPENED = TripRequest.model_validate(
    {
        **SENT,
        "sessionId": "trip-request-1",
        "requestedAt": "2039-11-21T09:00:00.000Z",
        "expiresAt": "2039-11-21T10:00:00.000Z",
        "seconds": 3600,
    }
)
_numbers = count(1)


def decision(action: str, **fields: Any) -> Decision:
    """An answer of the owner, unless said otherwise."""
    return Decision(**{"action": action, "by": "owner-1", "at": "2039-11-21T09:30:00.000Z", **fields})


def update_order(payload: Any, **changes: Any) -> UpdateOrder:
    """What UpdateRequest is given for a signal with this payload."""
    said = decision("update", by="rider-1", payload=payload)
    return UpdateOrder(**{**OPENED.model_dump(), **changes, "decision": said})


def close_order(said: Decision | None) -> CloseOrder:
    """What CloseRequest is given."""
    return CloseOrder(**OPENED.model_dump(), decision=said)


class Trip:
    """A request on its way, each step given what the machine gives it."""

    def __init__(self, **fields: Any) -> None:
        self.session_id = f"trip-request-{next(_numbers)}"
        arn = f"arn:aws:states:us-east-1:123456789012:execution:trip-request-test:{self.session_id}"
        self.execution = {"id": arn, "name": self.session_id, "startTime": "2026-11-21T09:30:00.000Z"}
        self.sent = {**SENT, **fields}
        self.request = self.open()
        self.answer: dict[str, Any] = {}
        self.callback_id = callback_id_of(self.session_id, "AskOwner")

    @property
    def row(self) -> CallbackRow:
        """The question as it stands."""
        row = Callbacks("callbacks-test").get(self.callback_id)
        assert row is not None
        return row

    def open(self) -> Any:
        return self._call(open_request.handler, self.sent)["input"]

    def ask(self) -> None:
        updates = self.request["updates"]
        self._call(ask_owner.handler, self.request, item=updates, taskToken=f"{self.session_id}-{updates}")

    def signal(self, name: str, **body: Any) -> Answer:
        """What a service is told that sends a signal."""
        return call("send_signal", path={"sessionId": self.session_id, "name": name}, body=body)

    def decide(self, link: str, action: str) -> Answer:
        """What the owner is told who decides on the page."""
        path, query = {"callbackId": self.callback_id}, _query(link)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({"action": action, "comment": "", "round": self.row["round"]})
        return call("decide_approval", path=path, query=query, body=body, headers=form)

    def look(self, link: str) -> Answer:
        """The page that the link leads to."""
        return call("show_approval", path={"callbackId": self.callback_id}, query=_query(link))

    def go_on(self) -> None:
        """Has the decision delivered; the machine goes on with it."""
        token = self.row["token"]
        with tasks(token) as waiting:
            deliver(self.callback_id)
        self.answer = {"decision": waiting.answered[token]}

    def update(self) -> None:
        item = self.request["updates"]
        self.request = self._call(update_request.handler, {**self.request, **self.answer}, item=item)

    def close(self) -> Any:
        return self._call(close_request.handler, {**self.request, **self.answer})

    def _call(self, handler: Step, sent: Any, **beside: Any) -> Any:
        event = {"execution": self.execution, "input": {"sessionId": self.session_id, **sent}, **beside}
        return json.loads(json.dumps(handler(event, None)))


def told() -> list[tuple[str, str, str]]:
    """Who was told since the last look, as what, under which subject."""
    return [(each["recipient"], each["audience"], each["subject"]) for each in notifications()]


def link_of(invitation: Any) -> str:
    """The link in an invitation."""
    return str(invitation["text"].splitlines()[-1])


def _query(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
