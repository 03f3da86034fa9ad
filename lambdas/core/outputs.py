"""What steps return, kept so that a repeated delivery returns the same and does nothing twice.

What is kept belongs to one session, which `session_began` (its record's createdAt) tells from an earlier one with the
same id, whose record has expired.
"""

import json
from typing import TypeGuard

from core import rows
from core.clock import expiry, now
from core.record import KEPT_DAYS
from core.rows import Json

_LONGEST_SESSION_DAYS = 365 + KEPT_DAYS  # an execution runs for a year at most


class StepOutputs:
    """Table `steps`: (sessionId, stepKey) → the step's output as JSON text. The first output of a step stands."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, session_id: str, session_began: str, step_key: str) -> Json | None:
        row = rows.get(self._table, {"sessionId": session_id, "stepKey": step_key})
        return _output(row) if _belongs(row, session_began) else None

    def keep(self, session_id: str, session_began: str, step_key: str, output: Json) -> Json:
        """Keeps an output, and returns the one that stands: this, or a twin's that came first."""
        row = {
            "sessionId": session_id,
            "stepKey": step_key,
            "sessionBegan": session_began,
            "output": json.dumps(output, ensure_ascii=False),
            "createdAt": now(),
            "ttl": expiry(_LONGEST_SESSION_DAYS),
        }
        twin = rows.put_first(self._table, row, ("sessionBegan", "<>", session_began))
        return output if twin is None else _output(twin)


class Results:
    """Table `results`: sessionId → how the session ends (status, outcome, result). The first ending stands."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, session_id: str, session_began: str) -> Json | None:
        row = rows.get(self._table, {"sessionId": session_id})
        return _ending(row) if _belongs(row, session_began) else None

    def keep(self, session_id: str, session_began: str, ending: Json) -> Json:
        """Keeps an ending, and returns the one that stands: this, or a twin's that came first."""
        row = {
            "sessionId": session_id,
            "sessionBegan": session_began,
            **ending,
            "createdAt": now(),
            "ttl": expiry(KEPT_DAYS),
        }
        twin = rows.put_first(self._table, row, ("sessionBegan", "<>", session_began))
        return ending if twin is None else _ending(twin)


def _belongs(row: Json | None, session_began: str) -> TypeGuard[Json]:
    return row is not None and row["sessionBegan"] == session_began


def _output(row: Json) -> Json:
    output: Json = json.loads(row["output"])
    return output


def _ending(row: Json) -> Json:
    return {name: row[name] for name in ("status", "outcome", "result")}
