"""Callbacks: questions that a session waits on, kept in table `callbacks` with the task token that ends the wait.

The first decision stands: it is one conditional write here, and only then is the machine told, by
operations/deliver_decision.py. A row is `open` until it is `decided`; then `delivered` once the machine has the
decision, or `too_late` where the machine no longer waited. The protocol, with what may repeat and race:
docs/callbacks.md.
"""

import hashlib
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from core import aws, rows
from core.callback_rows import (
    Asking,
    CallbackRow,
    CallbackStatus,
    closed_row,
    decision_of,
    decision_row,
    is_before,
    opened_row,
)
from core.clock import now
from core.questions import Decision, Question

if TYPE_CHECKING:
    from core.step import Session


class Callbacks:
    """Table `callbacks`."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, callback_id: str) -> CallbackRow | None:
        return cast(CallbackRow | None, rows.get(self._table, {"callbackId": callback_id}))

    def ask(self, asking: Asking, question: Question) -> CallbackRow:
        """Opens the question, and returns its row; its `askedAt` tells whether people were asked already.

        A repeated ask changes the token alone: each attempt of a task has a new one, and a decision that stands is
        then delivered to it. A session that is retried in a new execution asks again, if nobody has decided. A
        further visit of the step (another item), or a later session of the same id, opens the question anew. A delivery
        that is overtaken by a later one, or of a visit that was answered, changes nothing.
        """
        fresh = opened_row(asking, question)
        # What was answered replaces nothing: no row has this round.
        replacing = ("round", "=", "none") if asking.answered else ("round", "<>", fresh["round"])
        there = self._put(fresh, replacing)
        if there is None:
            return fresh
        if there["token"] == asking.token or there["round"] != fresh["round"] or there["version"] > asking.version:
            return there
        fields: dict[str, Any] = {name: fresh[name] for name in ("token", "version", "executionArn")}
        remove = ""
        if "decision" in there:
            fields["status"] = CallbackStatus.DECIDED
        elif there["executionArn"] != asking.execution_arn:
            fields["expiresAt"], remove = fresh["expiresAt"], " REMOVE askedAt"
        seen = {":token_seen": there["token"], ":status_seen": there["status"]}
        condition = "#token = :token_seen AND #status = :status_seen"
        # Refused when somebody decided, or the decision was delivered, since: then look again.
        return self._update(fresh["callbackId"], fields, condition, seen, remove) or self.ask(asking, question)

    def replay(self, asking: Asking, question: Question, answer: Decision) -> CallbackRow:
        """Has a delivery of a visit that was answered, in an execution before, told the same: the question's own row is
        a later round's. Each token has a row for it, so none comes in another's way.
        """
        row = opened_row(asking, question)
        row["callbackId"] = hashlib.sha256(asking.token.encode()).hexdigest()[:32]
        row["status"], row["decision"] = CallbackStatus.DECIDED, decision_row(answer)
        self._put(row, ("round", "=", "none"))
        return row

    def asked(self, callback_id: str) -> None:
        """Notes that people, or the other system, were asked."""
        self._update(callback_id, {"askedAt": now()}, "attribute_exists(callbackId)", {})

    def decide(
        self, callback_id: str, decision: Decision, *, webhook_id: str | None = None, seen: str | None = None
    ) -> tuple[bool, CallbackRow | None]:
        """Commits a decision if the question is open and in time.

        seen: the round that it is an answer to; any, where nobody says. Returns whether it did, and the row as it then
        is; None where there is no such callback.
        """
        kept = decision_row(decision)
        if webhook_id is not None:
            kept["webhookId"] = webhook_id
        condition = "#status = :open AND expiresAt > :now AND contains(accepts, :action)"
        values = {":open": CallbackStatus.OPEN, ":now": now(), ":action": decision.action}
        if seen is not None:
            condition, values = f"{condition} AND #round = :seen", {**values, ":seen": seen}
        committed = self._update(callback_id, {"status": CallbackStatus.DECIDED, "decision": kept}, condition, values)
        return (True, committed) if committed is not None else (False, self.get(callback_id))

    def close(self, session: "Session", step: str, item: str | int | None = None) -> Decision | None:
        """Closes a visit's question, for the machine goes on without an answer; repeating it gives the same.

        session: of the step that closes it. Returns the decision that was committed first, if one was: the machine has
        it with this. Of a question that is closed nothing is accepted any more, so a decision and what comes instead of
        it never both stand; one that a late delivery has yet to ask is closed before.
        """
        closed = closed_row(session, step, item)
        callback_id, visit = closed["callbackId"], closed["round"]
        values = {":open": CallbackStatus.OPEN, ":visit": visit}
        if self._update(callback_id, {"status": closed["status"]}, "#status = :open AND #round = :visit", values):
            return None
        there = self._put(closed, ("round", "=", "none"))
        if there is not None and there["round"] != visit and is_before(there, session):
            there = self._put(closed, ("round", "=", there["round"]))
        if there is None or there["round"] != visit:  # it is closed; or it is long over
            return None
        if there["status"] == CallbackStatus.OPEN:  # asked since
            return self.close(session, step, item)
        if "decision" not in there:
            return None
        self.settle(there, CallbackStatus.DELIVERED)
        return decision_of(there)

    def settle(self, row: CallbackRow, status: CallbackStatus) -> None:
        """Notes what became of the decision, unless a newer token came meanwhile. That it was delivered stands."""
        seen = {":token_seen": row["token"], ":delivered": CallbackStatus.DELIVERED}
        self._update(row["callbackId"], {"status": status}, "#token = :token_seen AND #status <> :delivered", seen)

    def _put(self, row: CallbackRow, replacing: tuple[str, str, Any]) -> CallbackRow | None:
        return cast(CallbackRow | None, rows.put_first(self._table, cast(rows.Json, row), replacing))

    def _update(
        self, callback_id: str, fields: dict[str, Any], condition: str, values: dict[str, Any], remove: str = ""
    ) -> CallbackRow | None:
        """The row as it is after the update, None where the condition refused it."""
        fields = {**fields, "updatedAt": now()}
        names = {f"#{name}": name for name in fields}
        names |= {f"#{name}": name for name in ("status", "token", "round") if f"#{name}" in condition}
        try:
            answer = aws.dynamodb().update_item(
                TableName=self._table,
                Key={"callbackId": {"S": callback_id}},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in fields) + remove,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=rows.to_item({f":{name}": value for name, value in fields.items()} | values),
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            rows.refused(error)
            return None
        return cast(CallbackRow, rows.from_item(answer["Attributes"]))
