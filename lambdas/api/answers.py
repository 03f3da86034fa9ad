"""What approvals, webhooks and signals share: an answer is committed to the callback's row, and nothing else is done.

The machine is told by operations/deliver_decision.py, which alone may.
"""

from pydantic import Field

from api.http import Refusal, Request
from core.callback_rows import CallbackRow
from core.callbacks import Callbacks
from core.rows import Json
from core.settings import Settings

ANSWER_BYTES = 200 * 1024  # of a payload: with the rest of the answer it stays below what a task may return
_ID_LENGTH = 64  # no callback's id is longer, and DynamoDB refuses to look for some that are


class AnswerSettings(Settings):
    """What a route reads that takes an answer."""

    callbacks_table: str = Field(min_length=1)


def check_size(request: Request) -> None:
    """Raises Refusal 413 for a body that no task could return."""
    if len(request.body) > ANSWER_BYTES:
        raise Refusal(413, "TooLarge", f"The body has {len(request.body)} bytes; {ANSWER_BYTES} are allowed.")


def find(callbacks: Callbacks, callback_id: str, kind: str) -> CallbackRow | None:
    """The row of a callback of this kind, or None."""
    row = callbacks.get(callback_id) if len(callback_id) <= _ID_LENGTH else None
    return row if row is not None and row["kind"] == kind else None


def answered(row: CallbackRow) -> Json:
    """The row as the API shows it."""
    return {"sessionId": row["sessionId"], "callbackId": row["callbackId"], "status": row["status"]}
