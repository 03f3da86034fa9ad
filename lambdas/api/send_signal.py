"""POST /sessions/{sessionId}/signals/{name}: a trusted service answers the question that a session waits on."""

from importlib import import_module

from api.answers import AnswerSettings, answered, check_size
from api.http import Refusal, Request, Response, as_json, endpoint
from api.models import Signal
from api.sessions import find
from core.callback_rows import CallbackRow, CallbackStatus
from core.callbacks import Callbacks
from core.clock import now
from core.models import Input, validated
from core.questions import Decision
from core.record import Table
from core.settings import load


@endpoint
def handler(request: Request) -> Response:
    """Commit the signal as the answer, if the question accepts it."""
    settings = load(AnswerSettings)
    check_size(request)
    signal = validated(Signal, request.json_object() if request.body else {})
    record = find(Table(settings.sessions_table), request.path["sessionId"])
    name = request.path["name"]
    waiting = record.get("waitingFor")
    callbacks = Callbacks(settings.callbacks_table)
    row = callbacks.get(waiting["callbackId"]) if waiting is not None else None
    if row is None:
        raise Refusal(409, "NothingWaits", f"The session is {record['status']} and waits for no answer.")
    if row["status"] != CallbackStatus.OPEN:  # what the session waits for next, it does not say yet
        raise _too_late(row)
    if name not in row["accepts"]:
        raise Refusal(409, "NotAccepted", f"The session waits for one of: {', '.join(row['accepts'])}.")
    at = now()
    model = payload_of(row["workflow"], name)
    if model is not None:
        validated(model, signal.payload, sent_at=at, within="payload")
    decision = Decision(
        action=name,
        by=request.caller if signal.by is None else signal.by,
        at=at,
        comment=signal.comment,
        payload=signal.payload,
    )
    committed, row = callbacks.decide(row["callbackId"], decision)
    if row is None or not committed:
        raise _too_late(row)
    return as_json(202, answered(row))


def _too_late(row: CallbackRow | None) -> Refusal:
    decided = row is not None and "decision" in row
    why = "It has been answered already." if decided else "The time for an answer is over."
    return Refusal(409, "NothingWaits", why)


def payload_of(workflow: str, signal: str) -> type[Input] | None:
    """The model of a signal's payload, by SIGNALS in the workflow's models; None where any payload is taken."""
    signals: dict[str, type[Input]] = getattr(import_module(f"{workflow.replace('-', '_')}.models"), "SIGNALS", {})
    return signals.get(signal)
