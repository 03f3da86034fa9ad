"""What steps return, kept so that a repeated delivery returns the same and does nothing twice.

What is kept belongs to one session, which `session_began` (its record's createdAt) tells from an earlier one with the
same id, whose record has expired.
"""

import json
from typing import TYPE_CHECKING, TypeGuard

from core import aws, rows
from core.clock import expiry, now
from core.models import Batch
from core.record import KEPT_DAYS, StepError
from core.rows import Json

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_LONGEST_SESSION_DAYS = 365 + KEPT_DAYS  # an execution runs for a year at most


class StepOutputs:
    """Table `steps`: (sessionId, stepKey) → the step's output as JSON text. The first output of a step stands.

    A row of an item that failed has its `error` instead.
    """

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

    def items_left(self, session_id: str, session_began: str, step: str, batch: Batch) -> list[int]:
        """The items of a batch that have no output yet."""
        keys = {_item_key(step, item): item for item in range(batch.first, batch.last + 1)}
        found = rows.get_many(self._table, ({"sessionId": session_id, "stepKey": key} for key in keys))
        done = {row["stepKey"] for row in found if _belongs(row, session_began) and "output" in row}
        return [item for key, item in keys.items() if key not in done]

    def item_write(
        self, session_id: str, session_began: str, step: str, item: int, outcome: Json | StepError, *, failed: bool
    ) -> "TransactWriteItemTypeDef":
        """One write of a transaction: an item's output, or the error it failed with. It is refused where there is an
        output; an error gives way.
        """
        row = {
            "sessionId": session_id,
            "stepKey": _item_key(step, item),
            "sessionBegan": session_began,
            "error" if failed else "output": outcome if failed else json.dumps(outcome, ensure_ascii=False),
            "createdAt": now(),
            "ttl": expiry(_LONGEST_SESSION_DAYS),
        }
        return {
            "Put": {
                "TableName": self._table,
                "Item": rows.to_item(row),
                "ConditionExpression": "attribute_not_exists(#output) OR sessionBegan <> :began",
                "ExpressionAttributeNames": {"#output": "output"},
                "ExpressionAttributeValues": rows.to_item({":began": session_began}),
            }
        }

    def items(self, session_id: str, session_began: str, step: str) -> tuple[dict[int, Json], dict[int, StepError]]:
        """What the items of a step came to, in their order: outputs, and the errors of those that failed."""
        outputs: dict[int, Json] = {}
        errors: dict[int, StepError] = {}
        pages = (
            aws.dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self._table,
                KeyConditionExpression="sessionId = :session AND begins_with(stepKey, :step)",
                ExpressionAttributeValues=rows.to_item({":session": session_id, ":step": _item_key(step, "")}),
                ConsistentRead=True,
            )
        )
        for row in (rows.from_item(item) for page in pages for item in page["Items"]):
            item = int(row["stepKey"].rpartition("#")[2])
            if _belongs(row, session_began) and "output" in row:
                outputs[item] = _output(row)
            elif _belongs(row, session_began):
                errors[item] = row["error"]
        return dict(sorted(outputs.items())), dict(sorted(errors.items()))


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


def _item_key(step: str, item: int | str) -> str:
    return f"{step}#{item}"


def _belongs(row: Json | None, session_began: str) -> TypeGuard[Json]:
    return row is not None and row["sessionBegan"] == session_began


def _output(row: Json) -> Json:
    output: Json = json.loads(row["output"])
    return output


def _ending(row: Json) -> Json:
    return {name: row[name] for name in ("status", "outcome", "result")}
