"""Table `practices` (keys userId, practiceId): each user's practices, which are only ever added; and in one more row of
a user the session that owes the user's sync.

An event's delivery records the practice, has a session owe the sync if none does, starts that session, and settles.
One that dies in between is taken up by the next, which the practice's attribute `deliveries` tells.
A session stops owing before it reads. So a practice whose delivery found a session owing is read by it, and one that
found none has made one owe. That holds because each delivery names a session of its own: none ever owes twice.
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from core import aws, rows
from core.clock import now
from core.observability import logger
from core.rows import Json
from skill_sync.errors import PracticeConflict
from skill_sync.models import Practice

_SYNC = "#sync"
"""The key of the row that is no practice; it sorts before every id that a practice can have."""


class Practices:
    """The table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def record(self, user_id: str, practice: Practice, **beside: Any) -> Json | None:
        """Keeps a practice, once: None if it did, else the row that was there.

        Raises PracticeConflict where that is another practice.
        """
        row = {**practice.model_dump(mode="json", by_alias=True), "userId": user_id, "recordedAt": now(), **beside}
        try:
            aws.dynamodb().put_item(
                TableName=self._table,
                Item=rows.to_item(row),
                ConditionExpression="attribute_not_exists(practiceId)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            there = rows.refused(error) or {}
            if _content(_readable(there)) != _content(practice):
                raise PracticeConflict(
                    f"practice {practice.practice_id} is recorded with other content, which stands"
                ) from None
            return there
        return None

    def take_up(self, user_id: str, practice: Practice) -> int:
        """Keeps the practice of an event. Returns which of the event's deliveries this is, from 1; 0 where an earlier
        one has settled it. Raises PracticeConflict.
        """
        there = self.record(user_id, practice, deliveries=1)
        if there is None:
            return 1
        if "deliveries" not in there:
            return 0
        row = self._update(
            user_id,
            practice.practice_id,
            "SET deliveries = deliveries + :one",
            "attribute_exists(deliveries)",
            {":one": {"N": "1"}},
        )
        return int(row["deliveries"]["N"]) if row else 0

    def settle(self, user_id: str, practice_id: str) -> None:
        """An event's delivery has come to its end: no later one has anything to do."""
        self._update(user_id, practice_id, "REMOVE deliveries")

    def owe(self, user_id: str, session_id: str) -> str:
        """Has this session owe the user's sync, unless one does. Returns the session that does."""
        update = "SET syncing = if_not_exists(syncing, :own)"
        row = self._update(user_id, _SYNC, update, values={":own": {"S": session_id}})
        return str(row["syncing"]["S"])

    def take_over(self, user_id: str, owing: str, session_id: str) -> bool:
        """Has this session owe what another one does; False where that one does not any more."""
        values = {":owing": {"S": owing}, ":own": {"S": session_id}}
        return bool(self._update(user_id, _SYNC, "SET syncing = :own", "syncing = :owing", values))

    def begin(self, user_id: str, session_id: str) -> None:
        """This session owes nothing any more, for it reads now. Where another one owes, that stays."""
        self._update(user_id, _SYNC, "REMOVE syncing", "syncing = :own", {":own": {"S": session_id}})

    def of(self, user_id: str) -> Iterator[Practice]:
        """All practices of a user as they are now, those left out that cannot be read."""
        query = aws.dynamodb().get_paginator("query")
        pages = query.paginate(
            TableName=self._table,
            KeyConditionExpression="userId = :user AND practiceId > :sync",
            ExpressionAttributeValues={":user": {"S": user_id}, ":sync": {"S": _SYNC}},
            ConsistentRead=True,
        )
        for item in (item for page in pages for item in page["Items"]):
            practice = _readable(rows.from_item(item))
            if practice is not None:
                yield practice

    def _update(
        self, user_id: str, key: str, update: str, condition: str = "", values: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The row's attributes after the update; none where its condition does not hold."""
        given: Any = {"ConditionExpression": condition} if condition else {}
        if values:
            given["ExpressionAttributeValues"] = values
        try:
            answer = aws.dynamodb().update_item(
                TableName=self._table,
                Key={"userId": {"S": user_id}, "practiceId": {"S": key}},
                UpdateExpression=update,
                ReturnValues="ALL_NEW",
                **given,
            )
        except ClientError as error:
            rows.refused(error)
            return {}
        return dict(answer["Attributes"])


def _readable(row: Json) -> Practice | None:
    """The row's practice; a row that is none is told in a warning, by its key."""
    try:
        return Practice.model_validate(row)
    except ValidationError:
        logger.warning("a row of practices cannot be read", extra={"practiceId": row.get("practiceId")})
        return None


def _content(practice: Practice | None) -> Json | None:
    return None if practice is None else practice.model_dump(include={"practiced_at", "drills"})
