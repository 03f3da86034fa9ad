"""What the approval's two routes share: the link tells which question, and who the approver is."""

from pydantic import Field

from api.answers import AnswerSettings, find
from api.http import Refusal, Request
from core.callback_rows import CallbackRow, CallbackStatus, is_expired
from core.callbacks import Callbacks
from core.links import approver_of
from core.parameters import secret
from core.questions import Approval
from core.record import Table
from core.settings import load


class ApprovalPageSettings(AnswerSettings):
    """What these routes read. `approvals_secret`: name or ARN of the secret that links are signed with."""

    approvals_secret: str = Field(min_length=1)


def opened(request: Request) -> tuple[CallbackRow, str]:
    """The question that the link is for, and its approver.

    Raises LinkInvalid, LinkExpired, and Refusal where there is no such question, or nobody waits for its answer. One
    that a service has answered by a signal is no longer open, or will be once more in a moment.
    """
    settings = load(ApprovalPageSettings)
    callback_id = request.path["callbackId"]
    approver = approver_of(request.query.get("ticket", ""), callback_id, secret(settings.approvals_secret))
    row = find(Callbacks(settings.callbacks_table), callback_id, Approval.kind)
    if row is None:
        raise Refusal(404, "UnknownApproval", "There is no such approval, or not any more.")
    if "decision" in row and row["decision"]["action"] not in row.get("signals", []):
        return row, approver
    if "decision" not in row and (row["status"] == CallbackStatus.CLOSED or is_expired(row)):
        raise too_late()
    if not Table(settings.sessions_table).is_open(row["sessionId"]):
        raise Refusal(410, "ApprovalClosed", "It was cancelled or has ended; no decision is needed any more.")
    if "decision" in row:
        raise changed()
    return row, approver


def too_late() -> Refusal:
    """Nobody has decided in time."""
    return Refusal(410, "ApprovalClosed", "The time for this decision is over, and nobody had decided.")


def changed() -> Refusal:
    """What would be decided is not what the approver has seen."""
    return Refusal(409, "ApprovalChanged", "It has just been changed. Open the link again to see it as it is now.")
