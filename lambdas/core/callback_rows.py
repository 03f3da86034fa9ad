"""A row of table `callbacks`: a question, who asks it under which task token, and its decision."""

import hashlib
import json
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from core.clock import DAY, ahead, now
from core.questions import Decision, Question, Signals

if TYPE_CHECKING:
    from core.step import Session

_KEPT_DAYS = 90  # after a question's end, for people who open an old link


class CallbackStatus(StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    DELIVERED = "delivered"
    TOO_LATE = "too_late"
    CLOSED = "closed"  # by the machine, which went on without an answer


class DecisionRow(TypedDict):
    """A decision as its row keeps it; the payload as JSON text, the webhook-id to know a replay by."""

    action: str
    by: str
    at: str
    comment: NotRequired[str]
    payload: NotRequired[str]
    webhookId: NotRequired[str]


class CallbackRow(TypedDict):
    """A row of table `callbacks`. `token` never leaves the account and never reaches a log; `round` tells which visit
    of the step, in which session of this id, asks; `version` is that of the session's record as the delivery with this
    token claimed it; `signals` are those of `accepts` that no approver is offered.
    """

    callbackId: str
    token: str
    sessionId: str
    workflow: str
    stepKey: str
    round: str
    version: int
    executionArn: str
    kind: str
    question: dict[str, Any]
    accepts: list[str]
    signals: NotRequired[list[str]]
    expiresAt: str
    status: str
    decision: NotRequired[DecisionRow]
    createdAt: str
    updatedAt: str
    askedAt: NotRequired[str]
    ttl: int


@dataclass(frozen=True)
class Asking:
    """Which delivery of which step asks: the session, the step with its item, the execution, and its task's token.

    version: of the session's record as this delivery claimed it: of two deliveries the one that came later has more.
    answered: whether the record says that this visit of the step had its answer.
    """

    session_id: str
    session_began: str
    workflow: str
    step: str
    step_key: str
    execution_arn: str
    token: str
    version: int
    answered: bool


def callback_id_of(session_id: str, step: str) -> str:
    """One id per session and asking step, so that a repeated ask, and a further round, keep their link."""
    return hashlib.sha256(f"{session_id}/{step}".encode()).hexdigest()[:32]


def offered(row: CallbackRow) -> list[str]:
    """What an approver may decide."""
    return [action for action in row["accepts"] if action not in row.get("signals", [])]


def is_expired(row: CallbackRow) -> bool:
    """Whether the question's time is over; what was decided before stands."""
    return row["expiresAt"] <= now()


def began(row: CallbackRow) -> str:
    """When the session that asks began."""
    return row["round"].partition("/")[0]


def decision_of(row: CallbackRow) -> Decision:
    """The decision that stands. Raises KeyError where there is none."""
    kept = row["decision"]
    payload = json.loads(kept["payload"]) if "payload" in kept else None
    return Decision(action=kept["action"], by=kept["by"], at=kept["at"], comment=kept.get("comment"), payload=payload)


def decision_row(decision: Decision) -> DecisionRow:
    kept: DecisionRow = {"action": decision.action, "by": decision.by, "at": decision.at}
    if decision.comment is not None:
        kept["comment"] = decision.comment
    if decision.payload is not None:
        kept["payload"] = json.dumps(decision.payload, ensure_ascii=False)
    return kept


def opened_row(asking: Asking, question: Question) -> CallbackRow:
    moment = now()
    row: CallbackRow = {
        "callbackId": callback_id_of(asking.session_id, asking.step),
        "token": asking.token,
        "sessionId": asking.session_id,
        "workflow": asking.workflow,
        "stepKey": asking.step_key,
        "round": f"{asking.session_began}/{asking.step_key}",
        "version": asking.version,
        "executionArn": asking.execution_arn,
        "kind": question.kind,
        "question": question.shown(),
        "accepts": [*question.accepts, *question.signals],
        "expiresAt": ahead(question.expires_in),
        "status": CallbackStatus.OPEN,
        "createdAt": moment,
        "updatedAt": moment,
        "ttl": int(time.time()) + question.expires_in + _KEPT_DAYS * DAY,
    }
    if question.signals:
        row["signals"] = list(question.signals)
    return row


def closed_row(session: "Session", step: str, item: str | int | None) -> CallbackRow:
    """The row of a visit whose question nobody has asked yet, and nobody may."""
    moment, step_key = now(), step if item is None else f"{step}#{item}"
    return {
        "callbackId": callback_id_of(session.session_id, step),
        "token": "",
        "sessionId": session.session_id,
        "workflow": "",
        "stepKey": step_key,
        "round": f"{session.began}/{step_key}",
        "version": session.version,
        "executionArn": "",
        "kind": Signals.kind,
        "question": {},
        "accepts": [],
        "expiresAt": moment,
        "status": CallbackStatus.CLOSED,
        "createdAt": moment,
        "updatedAt": moment,
        "ttl": int(time.time()) + _KEPT_DAYS * DAY,
    }


def is_before(row: CallbackRow, session: "Session") -> bool:
    """Whether the row is of an earlier visit, or of an earlier session of this id."""
    return began(row) != session.began or row["version"] < session.version
