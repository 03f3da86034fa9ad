"""The order's row in table `orders`, and the stock it holds in table `inventory`: the one place that knows the states.

    reserved → charging → charged → confirmed
    reserved, and charged or charging by way of voiding → released

Each transition is one conditional write. A refused one hands over the row as it is, so that a repeated delivery knows
its own work again. Stock and row change in one transaction:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, cast

from botocore.exceptions import ClientError

from core import aws, rows
from core.clock import now
from order.errors import OrderConflict, OrderReleased, PaymentDeclined, StockBusy
from order.models import Order, Payment, Shortage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class OrderStatus(StrEnum):
    RESERVED = "reserved"
    CHARGING = "charging"
    CHARGED = "charged"
    CONFIRMED = "confirmed"
    VOIDING = "voiding"  # the money is being taken back; the stock is given back after it
    RELEASED = "released"


class ItemRow(TypedDict):
    productId: str
    price: int
    quantity: int


class OrderRow(TypedDict):
    """A row of table `orders`. One without `items` was never reserved, and never will be.

    chargeKey: the idempotency key of its one charge. chargeUntil: epoch seconds, until when a delivery of
    ChargePayment may be charging. decline: why the payment service said no.
    """

    sessionId: str
    status: str
    orderId: NotRequired[str]
    customerId: NotRequired[str]
    items: NotRequired[list[ItemRow]]
    total: NotRequired[int]
    currency: NotRequired[str]
    chargeKey: NotRequired[str]
    chargeUntil: NotRequired[int]
    decline: NotRequired[str]
    payment: NotRequired[dict[str, Any]]
    createdAt: str
    updatedAt: str


class Orders:
    """The tables `orders` (key sessionId) and `inventory` (key productId).

    Every method raises StockBusy when others write to the same rows at the same time.
    """

    def __init__(self, table: str, inventory: str = "") -> None:
        self._table, self._inventory = table, inventory

    def get(self, session_id: str) -> OrderRow | None:
        return cast(OrderRow | None, rows.get(self._table, {"sessionId": session_id}))

    def reserve(self, session_id: str, order: Order) -> list[Shortage]:
        """Takes every item from the stock and writes the row, or does nothing and returns what is missing.

        Raises OrderReleased when the order was given up before, OrderConflict when the session has another one.
        """
        moment = now()
        row = {
            **order.model_dump(mode="json", by_alias=True),
            "sessionId": session_id,
            "status": OrderStatus.RESERVED,
            "createdAt": moment,
            "updatedAt": moment,
        }
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._table,
                "Item": rows.to_item(row),
                "ConditionExpression": "attribute_not_exists(sessionId)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        reasons = _transact([put, *(self._take(item.product_id, item.quantity) for item in order.items)])
        if not reasons:
            return []
        if reasons[0]["Code"] == rows.REFUSED:
            _check_reserved(rows.from_item(reasons[0]["Item"]), row)
            return []
        return [
            Shortage(product_id=item.product_id, requested=item.quantity, available=_available(reason))
            for item, reason in zip(order.items, reasons[1:], strict=True)
            if reason["Code"] == rows.REFUSED
        ]

    def claim_charge(self, session_id: str, key: str, seconds: int) -> Payment | None:
        """Marks that a delivery may charge the order with `key` for so many seconds.

        Returns the payment where the order is charged already. Raises PaymentDeclined where it was declined,
        OrderReleased where it was given up.
        """
        row = self._move(
            session_id,
            "#status IN (:reserved, :charging) AND attribute_not_exists(decline)",
            {"status": OrderStatus.CHARGING, "chargeKey": key, "chargeUntil": int(time.time()) + seconds + 1},
            {":reserved": OrderStatus.RESERVED, ":charging": OrderStatus.CHARGING},
        )
        if row is None:
            return None
        if row["status"] in (OrderStatus.CHARGED, OrderStatus.CONFIRMED):
            return Payment.model_validate(row["payment"])
        if "decline" in row:
            raise PaymentDeclined(row["decline"])
        raise OrderReleased(f"the order of session {session_id} is {row['status']}: it is not charged any more")

    def charged(self, session_id: str, payment: Payment) -> bool:
        """charging → charged. Returns whether the order bears this charge; else it must be taken back."""
        fields = {"status": OrderStatus.CHARGED, "payment": payment.model_dump(mode="json", by_alias=True)}
        row = self._move(session_id, "#status = :charging", fields, {":charging": OrderStatus.CHARGING})
        return row is None or row["status"] in (OrderStatus.CHARGED, OrderStatus.CONFIRMED)

    def declined(self, session_id: str, why: str) -> None:
        """charging → reserved, for good: the order cannot be charged again."""
        fields = {"status": OrderStatus.RESERVED, "decline": why}
        self._move(session_id, "#status = :charging", fields, {":charging": OrderStatus.CHARGING})

    def confirm(self, session_id: str) -> None:
        """charged → confirmed. Raises OrderReleased where the money is being taken back or was."""
        fields = {"status": OrderStatus.CONFIRMED}
        row = self._move(session_id, "#status = :charged", fields, {":charged": OrderStatus.CHARGED})
        if row is not None and row["status"] != OrderStatus.CONFIRMED:
            raise OrderReleased(f"the order of session {session_id} is {row['status']}: it cannot be confirmed")

    def begin_void(self, row: OrderRow) -> None:
        """charging or charged → voiding, unless the row has changed since: from then on nobody charges or confirms."""
        self._move(
            row["sessionId"],
            "#status = :seen AND chargeUntil = :until",
            {"status": OrderStatus.VOIDING},
            {":seen": row["status"], ":until": row["chargeUntil"]},
        )

    def release(self, row: OrderRow) -> None:
        """reserved or voiding → released, and the stock is given back, unless the row has changed since."""
        release: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": {"sessionId": {"S": row["sessionId"]}},
                "UpdateExpression": "SET #status = :released, updatedAt = :now",
                "ConditionExpression": "#status = :seen",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": rows.to_item(
                    {":released": OrderStatus.RELEASED, ":seen": row["status"], ":now": now()}
                ),
            }
        }
        _transact([release, *(self._give_back(item) for item in row["items"])])

    def forbid(self, session_id: str) -> None:
        """Writes a released row where there is none, so that a delivery that is late cannot reserve any more."""
        moment = now()
        row = {"sessionId": session_id, "status": OrderStatus.RELEASED, "createdAt": moment, "updatedAt": moment}
        try:
            aws.dynamodb().put_item(
                TableName=self._table,
                Item=rows.to_item(row),
                ConditionExpression="attribute_not_exists(sessionId)",
            )
        except ClientError as error:
            _refused(error)

    def _take(self, product_id: str, quantity: int) -> "TransactWriteItemTypeDef":
        return {
            "Update": {
                "TableName": self._inventory,
                "Key": {"productId": {"S": product_id}},
                "UpdateExpression": "SET available = available - :quantity",
                "ConditionExpression": "available >= :quantity",
                "ExpressionAttributeValues": {":quantity": {"N": str(quantity)}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _give_back(self, item: ItemRow) -> "TransactWriteItemTypeDef":
        return {
            "Update": {
                "TableName": self._inventory,
                "Key": {"productId": {"S": item["productId"]}},
                "UpdateExpression": "ADD available :quantity",
                "ExpressionAttributeValues": {":quantity": {"N": str(item["quantity"])}},
            }
        }

    def _move(self, session_id: str, condition: str, fields: dict[str, Any], values: dict[str, Any]) -> OrderRow | None:
        """Sets fields of the row: None if it did, else the row as it is. Raises OrderConflict where there is none."""
        fields = {**fields, "updatedAt": now()}
        try:
            aws.dynamodb().update_item(
                TableName=self._table,
                Key={"sessionId": {"S": session_id}},
                UpdateExpression="SET " + ", ".join(f"#{name} = :new_{name}" for name in fields),
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in fields},
                ExpressionAttributeValues=rows.to_item(
                    {f":new_{name}": value for name, value in fields.items()} | values
                ),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            row = _refused(error)
            if row is None:
                raise OrderConflict(f"session {session_id} has no order: its stock was never reserved") from None
            return cast(OrderRow, row)
        return None


def _check_reserved(there: rows.Json, wanted: rows.Json) -> None:
    if there["status"] == OrderStatus.RELEASED:
        raise OrderReleased(f"the order of session {there['sessionId']} was given up: it is not reserved again")
    timeless = {"createdAt", "updatedAt"}
    if {name: value for name, value in there.items() if name not in timeless} != {
        name: value for name, value in wanted.items() if name not in timeless
    }:
        raise OrderConflict(
            f"session {there['sessionId']} has an order that is {there['status']}; start with another sessionId"
        )


def _available(reason: Any) -> int:
    """What the refused write's row has in stock; a product that is not known has none."""
    return int(rows.from_item(reason.get("Item", {})).get("available", 0))


def _transact(writes: "list[TransactWriteItemTypeDef]") -> list[Any]:
    """Writes all or nothing: an empty list if it did, else the reason of each write, one refused condition at least."""
    reasons = rows.transact(writes)
    if reasons and rows.REFUSED not in {reason["Code"] for reason in reasons}:
        raise StockBusy("others write to the same stock at the same time")
    return reasons


def _refused(error: ClientError) -> rows.Json | None:
    if error.response["Error"]["Code"] == "TransactionConflictException":
        raise StockBusy("others write to the same order at the same time") from error
    return rows.refused(error)
