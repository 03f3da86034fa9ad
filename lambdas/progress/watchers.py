"""Table `connections`: who is connected, who watches which session, and how far watchers were told.

| subject           | watcher      | the row                                                                           |
|-------------------|--------------|-----------------------------------------------------------------------------------|
| `connection/<id>` | `-`          | a connection: the sessions of its ticket, and those of them it has subscribed to  |
| a session         | a connection | a subscription: `opening` until its snapshot is sent, then `active`               |
| a session         | `-`          | up to which version everybody was told of the session's changes                   |

A subscription has one sender at a time. While it is `opening` that is who answers the subscriber: push_progress only
notes the newest version as `pending`, and the row becomes `active` in one write, which fails where what was sent is
older than what is pending. From then on it is push_progress, with what is newer than that (`since`).
"""

import uuid
from typing import Any, NotRequired, TypedDict, cast

from botocore.exceptions import ClientError
from pydantic import Field

from core import aws, rows
from core.clock import ago, expiry, now
from core.rows import Json
from core.settings import Settings

OPENING, ACTIVE, GONE = "opening", "active", "gone"
OPENING_SECONDS = 30
"""Longer than the Lambda lives that opens a subscription."""

_OWN = "-"
_CONNECTED_SECONDS = 2 * 60 * 60 + 15 * 60  # API Gateway ends a connection after two hours
_TOLD_DAYS = 2  # a stream forgets after one


class WatcherSettings(Settings):
    connections_table: str = Field(min_length=1)


class Subscription(TypedDict):
    """A row of a session and a connection. Versions are places as progress.view.place_of gives them.

    opener: which call of `open` made it.
    """

    subject: str
    watcher: str
    status: str
    openedAt: str
    opener: str
    since: NotRequired[str]
    pending: NotRequired[str]
    ttl: int


class Watchers:
    """The table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def admit(self, connection_id: str, session_ids: list[str]) -> None:
        """Keeps a connection with the sessions that it may watch."""
        row = {"subject": f"connection/{connection_id}", "watcher": _OWN, "sessions": session_ids, "ttl": _closed()}
        aws.dynamodb().put_item(TableName=self._table, Item=rows.to_item(row))

    def is_connected(self, connection_id: str) -> bool:
        """Whether a connection was admitted, and has not been forgotten since."""
        answer = aws.dynamodb().get_item(
            TableName=self._table, Key=_key(f"connection/{connection_id}", _OWN), ConsistentRead=True
        )
        return "Item" in answer

    def may_watch(self, connection_id: str, session_id: str) -> bool:
        """Whether the connection's ticket names the session; it is then noted as one that it subscribes to."""
        try:
            aws.dynamodb().update_item(
                TableName=self._table,
                Key=_key(f"connection/{connection_id}", _OWN),
                UpdateExpression="ADD subscribed :sessions",
                ConditionExpression="contains(sessions, :session)",
                ExpressionAttributeValues={":sessions": {"SS": [session_id]}, ":session": {"S": session_id}},
            )
        except ClientError as error:
            rows.refused(error)
            return False
        return True

    def of(self, session_id: str) -> tuple[str, list[Subscription]]:
        """Up to which version a session's changes were told ("" of one that is new here), and its subscriptions: not
        those whose connection has ended by now, which DynamoDB removes some hours later.
        """
        pages = (
            aws.dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self._table,
                KeyConditionExpression="subject = :session",
                ExpressionAttributeValues={":session": {"S": session_id}},
                ConsistentRead=True,  # who subscribed before a change was written must be told of it
            )
        )
        found = [rows.from_item(item) for page in pages for item in page["Items"]]
        told = [row["told"] for row in found if row["watcher"] == _OWN]
        present = expiry(days=0)
        return "".join(told), [cast(Subscription, r) for r in found if r["watcher"] != _OWN and r["ttl"] > present]

    def told(self, session_id: str, place: str) -> None:
        """Notes that everybody was told of this version, unless a newer one is noted."""
        row = {"subject": session_id, "watcher": _OWN, "told": place, "ttl": expiry(_TOLD_DAYS)}
        try:
            aws.dynamodb().put_item(
                TableName=self._table,
                Item=rows.to_item(row),
                ConditionExpression="attribute_not_exists(subject) OR told < :place",
                ExpressionAttributeValues=rows.to_item({":place": place}),
            )
        except ClientError as error:
            rows.refused(error)

    def drop(self, session_id: str, connection_id: str) -> None:
        """Removes a subscription, if there is one."""
        aws.dynamodb().delete_item(TableName=self._table, Key=_key(session_id, connection_id))

    def forget(self, connection_id: str) -> None:
        """Removes a connection and what it subscribed to."""
        answer = aws.dynamodb().delete_item(
            TableName=self._table, Key=_key(f"connection/{connection_id}", _OWN), ReturnValues="ALL_OLD"
        )
        for session_id in answer.get("Attributes", {}).get("subscribed", {}).get("SS", []):
            self.drop(session_id, connection_id)

    def open(self, session_id: str, connection_id: str) -> tuple[Subscription, bool]:
        """A new subscription, unless there is one that is active, or that somebody has just begun to open.

        Returns the one that stands, and whether it is new.
        """
        row: Subscription = {
            "subject": session_id,
            "watcher": connection_id,
            "status": OPENING,
            "openedAt": now(),
            "opener": uuid.uuid4().hex,
            "ttl": _closed(),
        }
        try:
            aws.dynamodb().put_item(
                TableName=self._table,
                Item=rows.to_item(cast(Json, row)),
                ConditionExpression="attribute_not_exists(subject) OR (#status = :opening AND openedAt < :over)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=rows.to_item({":opening": OPENING, ":over": ago(OPENING_SECONDS)}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            there = cast(Subscription, rows.refused(error))
            # botocore repeats a call whose answer was lost: then what stands in its way is what it wrote itself.
            return there, there.get("opener") == row["opener"]
        return row, True

    def activate(self, opened: Subscription, since: str) -> Subscription | None:
        """Hands the subscription over to push_progress, which sends what comes after `since`. None if it did; else the
        row as it is, where something newer is pending, or the subscription is not the opener's any more.
        """
        return self._change(
            opened,
            "SET #status = :active, since = :since",
            "#status = :opening AND opener = :opener AND (attribute_not_exists(pending) OR pending <= :since)",
            {":active": ACTIVE, ":opening": OPENING, ":opener": opened["opener"], ":since": since},
        )

    def is_due(self, row: Subscription, place: str) -> bool:
        """Whether push_progress is to send this version. Notes it as pending where another sender is at work."""
        if row["status"] == OPENING:
            there = self._change(
                row,
                "SET pending = :place",
                "#status = :opening AND (attribute_not_exists(pending) OR pending < :place)",
                {":opening": OPENING, ":place": place},
            )
            if there is None:
                return False
            row = there
        return row["status"] == ACTIVE and row.get("since", "") < place

    def _change(self, row: Subscription, update: str, condition: str, values: Json) -> Subscription | None:
        """None if it was done, else the row as it is: of status GONE where there is none."""
        try:
            aws.dynamodb().update_item(
                TableName=self._table,
                Key=_key(row["subject"], row["watcher"]),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=rows.to_item(values),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            there = rows.refused(error)
            return cast(Subscription, there) if there is not None else {**row, "status": GONE}
        return None


def _key(subject: str, watcher: str) -> dict[str, Any]:
    return rows.to_item({"subject": subject, "watcher": watcher})


def _closed() -> int:
    """Epoch seconds by which a connection that opens now is closed."""
    return expiry(days=0) + _CONNECTED_SECONDS
