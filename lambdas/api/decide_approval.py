"""POST /approvals/{callbackId}: the page's form: a person decides."""

from urllib.parse import parse_qs

from api.approvals import ApprovalPageSettings, changed, opened
from api.http import Refusal, Request, Response
from api.models import COMMENT_LENGTH
from api.page import decided_page, page_endpoint
from core.callback_rows import CallbackRow, offered
from core.callbacks import Callbacks
from core.clock import now
from core.questions import Decision
from core.settings import load

_FORM = "application/x-www-form-urlencoded"


@page_endpoint
def handler(request: Request) -> Response:
    """Commit the decision. The same again by the same approver is told the same; another one, what stands. What has
    changed since the page was loaded is not decided.
    """
    row, approver = opened(request)
    action, comment, seen = _form(request)
    if action not in offered(row):
        raise Refusal(400, "InvalidInput", f"Choose one of: {', '.join(offered(row))}.")
    if "decision" not in row:
        decision = Decision(action=action, by=approver, at=now(), comment=comment)
        row = _decided(request, row, decision, seen)
    stands = row["decision"]
    if (stands["action"], stands["by"]) == (action, approver):
        return decided_page(row)
    return decided_page(row, 409, "Another decision came first, and stands. Yours was not used.")


def _decided(request: Request, row: CallbackRow, decision: Decision, seen: str | None) -> CallbackRow:
    """The row with the decision that stands. Raises Refusal where the time ran out, or it changed, meanwhile."""
    callbacks = Callbacks(load(ApprovalPageSettings).callbacks_table)
    committed, there = callbacks.decide(row["callbackId"], decision, seen=seen or row["round"])
    if not committed or there is None:
        there, _ = opened(request)
        if "decision" not in there:
            raise changed()
    return there


def _form(request: Request) -> tuple[str, str | None, str | None]:
    """Action, comment, and the round that the page was of. Raises Refusal 400 and 415."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Refusal(415, "UnsupportedMediaType", f"Send the form as {_FORM}.")
    try:
        fields = parse_qs(request.body.decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise Refusal(400, "InvalidInput", "The form could not be read.") from None
    comment = fields.get("comment", [""])[-1].replace("\r\n", "\n").strip()
    if len(comment) > COMMENT_LENGTH:
        raise Refusal(400, "InvalidInput", f"The comment has {len(comment)} characters; {COMMENT_LENGTH} are allowed.")
    return fields.get("action", [""])[-1], comment or None, fields.get("round", [None])[-1]
