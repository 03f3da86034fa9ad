"""POST /approvals/{callbackId}: the page's form: a person decides."""

from urllib.parse import parse_qs

from api.approvals import ApprovalPageSettings, opened, too_late
from api.http import Refusal, Request, Response
from api.models import COMMENT_LENGTH
from api.page import decided_page, page_endpoint
from core.callbacks import CallbackRow, Callbacks, Decision
from core.clock import now
from core.settings import load

_FORM = "application/x-www-form-urlencoded"


@page_endpoint
def handler(request: Request) -> Response:
    """Commit the decision. The same again by the same approver is told the same; another one, what stands."""
    row, approver = opened(request)
    action, comment = _form(request)
    if action not in row["accepts"]:
        raise Refusal(400, "InvalidInput", f"Choose one of: {', '.join(row['accepts'])}.")
    if "decision" not in row:
        decision = Decision(action=action, by=approver, at=now(), comment=comment)
        row = _decided(Callbacks(load(ApprovalPageSettings).callbacks_table), row, decision)
    stands = row["decision"]
    if (stands["action"], stands["by"]) == (action, approver):
        return decided_page(row)
    return decided_page(row, 409, "Another decision came first, and stands. Yours was not used.")


def _decided(callbacks: Callbacks, row: CallbackRow, decision: Decision) -> CallbackRow:
    """The row with the decision that stands. Raises Refusal where the time ran out meanwhile."""
    _, there = callbacks.decide(row["callbackId"], decision)
    if there is None or "decision" not in there:
        raise too_late()
    return there


def _form(request: Request) -> tuple[str, str | None]:
    """Action and comment. Raises Refusal 400 and 415."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Refusal(415, "UnsupportedMediaType", f"Send the form as {_FORM}.")
    try:
        fields = parse_qs(request.body.decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise Refusal(400, "InvalidInput", "The form could not be read.") from None
    comment = fields.get("comment", [""])[-1].replace("\r\n", "\n").strip()
    if len(comment) > COMMENT_LENGTH:
        raise Refusal(400, "InvalidInput", f"The comment has {len(comment)} characters; {COMMENT_LENGTH} are allowed.")
    return fields.get("action", [""])[-1], comment or None
