"""Undoing what a session did, when its record ends as failed or cancelled and no state of its machine could.

    @compensation(after="ReserveStock")
    def handler(ended: EndedSession) -> None: ...

The Lambda hangs on the stream of table `sessions`, so it also runs where the execution was stopped or timed out. The
record tells it: `compensation` is `started` before the body runs, from when on the session cannot be retried, and
`done` after it. The body may be run again, until it returns; what it undoes must bear that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from core import rows
from core.batches import each_change
from core.observability import logger
from core.record import Change, Record, Status, Table
from core.rows import Json
from core.settings import Settings, load

_UNDONE = frozenset({Status.FAILED, Status.CANCELLED})


@dataclass(frozen=True)
class EndedSession:
    """What a compensation may know of the session it undoes."""

    session_id: str


def compensation(*, after: str) -> Callable[[Callable[[EndedSession], None]], "Compensation"]:
    """`after`: the first step that leaves something to undo. A session that never came to it is left as it is, and may
    be retried.
    """
    return lambda body: Compensation(body, after)


class Compensation:
    """The Lambda handler."""

    def __init__(self, body: Callable[[EndedSession], None], after: str) -> None:
        self.workflow = body.__module__.partition(".")[0].replace("_", "-")
        self.__doc__ = body.__doc__
        self._body, self._after = body, after

    def __call__(self, event: Json, _context: object) -> Any:
        """`event` is a batch of the stream. Answers which of its changes are to be sent again."""
        return each_change(event, self._undo)

    def _undo(self, change: Json) -> None:
        record = cast(Record, rows.from_item(change["dynamodb"]["NewImage"]))
        with logger.append_context_keys(session_id=record["sessionId"]):
            self._once(Table(load(Settings).sessions_table), record)

    def _once(self, table: Table, record: Record) -> None:
        if self._mark(table, record, "started") != "started":
            return
        self._body(EndedSession(record["sessionId"]))
        self._mark(table, record, "done")
        logger.info("compensation done")

    def _mark(self, table: Table, record: Record, state: str) -> str | None:
        """Writes how far the compensation is, and returns what the record then says of it."""

        def decide(seen: Record | None) -> Change | None:
            if seen is None or not self._concerns(seen, record) or seen.get("compensation") in (state, "done"):
                return None
            return Change(set={"compensation": state})

        now = table.change(record["sessionId"], decide, record)
        return now.get("compensation") if now is not None and self._concerns(now, record) else None

    def _concerns(self, seen: Record, record: Record) -> bool:
        same = seen["executionArn"] == record["executionArn"]
        return same and seen["status"] in _UNDONE and self._after in seen["steps"]
