"""A payment service for trying things out: a ledger in table `payments`, and amounts that misbehave on purpose.

What the last two digits of an amount do, all others are approved:

    01       declined
    02       charged, and then the answer to the first request is lost
    03       charged, and cannot be voided
    11 to 19 unavailable one to nine times, then charged
"""

from typing import Any

from botocore.exceptions import ClientError
from pydantic import Field

from core import aws, rows, settings
from core.clock import now
from order.errors import PaymentDeclined, PaymentRefused, PaymentUnavailable, VoidRefused
from order.models import Payment

_DECLINED, _ANSWER_LOST, _KEPT = 1, 2, 3
_UNAVAILABLE_FIRST = range(11, 20)


class SandboxSettings(settings.Settings):
    payments_table: str = Field(min_length=1)


class Sandbox:
    """A PaymentProvider. A row of its ledger (key chargeKey) has a status, once there is a final answer to the key:
    `charged`, `declined` or `voided`; and counts the attempts to charge.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def charge(self, key: str, amount: int, currency: str, customer: str) -> Payment:
        row = self._attempt(key, amount, currency, customer)
        if "status" in row:
            return _answer(key, row, amount, currency)
        kind = amount % 100
        if kind in _UNAVAILABLE_FIRST and row["attempts"] <= kind % 10:
            raise PaymentUnavailable(f"the sandbox is unavailable for the first {kind % 10} attempts at this amount")
        made = self._write(key, "declined" if kind == _DECLINED else "charged", "attribute_not_exists(#status)")
        if kind == _ANSWER_LOST and made:
            raise PaymentUnavailable("the sandbox charged, and its answer was lost")
        return _answer(key, self._row(key), amount, currency)

    def find(self, key: str) -> Payment | None:
        row = self._row(key)
        if row.get("status") != "charged":
            return None
        return Payment(charge_id=key, amount=row["amount"], currency=row["currency"])

    def void(self, key: str) -> None:
        row = self._row(key)
        if row.get("status") == "charged" and row["amount"] % 100 == _KEPT:
            raise VoidRefused("the sandbox does not void a charge of this amount")
        self._write(key, "voided", "attribute_not_exists(#status) OR #status = :charged", {":charged": "charged"})

    def _row(self, key: str) -> rows.Json:
        return rows.get(self._table, {"chargeKey": key}) or {}

    def _attempt(self, key: str, amount: int, currency: str, customer: str) -> rows.Json:
        """Counts an attempt; what the first one wrote stays."""
        first = {"amount": amount, "currency": currency, "customer": customer, "createdAt": now()}
        sets = ", ".join(f"#{name} = if_not_exists(#{name}, :{name})" for name in first)
        answer = aws.dynamodb().update_item(
            TableName=self._table,
            Key={"chargeKey": {"S": key}},
            UpdateExpression=f"SET {sets}, updatedAt = :createdAt ADD attempts :one",
            ExpressionAttributeNames={f"#{name}": name for name in first},
            ExpressionAttributeValues=rows.to_item({f":{name}": value for name, value in first.items()} | {":one": 1}),
            ReturnValues="ALL_NEW",
        )
        return rows.from_item(answer["Attributes"])

    def _write(self, key: str, status: str, condition: str, values: dict[str, Any] | None = None) -> bool:
        """Writes the answer to a key, unless there is one that stands. Returns whether it did."""
        try:
            aws.dynamodb().update_item(
                TableName=self._table,
                Key={"chargeKey": {"S": key}},
                UpdateExpression="SET #status = :status, updatedAt = :now",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=rows.to_item({":status": status, ":now": now(), **(values or {})}),
            )
        except ClientError as error:
            rows.refused(error)
            return False
        return True


def from_settings() -> Sandbox:
    return Sandbox(settings.load(SandboxSettings).payments_table)


def _answer(key: str, row: rows.Json, amount: int, currency: str) -> Payment:
    if (row["amount"], row["currency"]) != (amount, currency):
        raise PaymentRefused("the sandbox knows this key with another amount")
    if row["status"] != "charged":
        raise PaymentDeclined(f"the charge was {row['status']}")
    return Payment(charge_id=key, amount=amount, currency=currency)
