"""A shop to test in: deliveries of order's steps, sessions that are stopped, and their compensation."""

from itertools import count
from typing import Any

from core import rows
from core.record import Status, Table
from core.sessions import close
from order import charge_payment, compensate, confirm_order, release_stock, reserve_stock, validate_order
from tests.support.interleaving import Delivery
from tests.support.order import PRODUCT
from tests.support.tables import record_of

_numbers = count(1)


def new_session() -> str:
    """A session's id that no test has used."""
    return f"session-{next(_numbers)}"


def order(session_id: str, price: int = 1000, quantity: int = 1, **fields: Any) -> dict[str, Any]:
    """What the machine sends to each step after the first."""
    return {
        "sessionId": session_id,
        "orderId": session_id,
        "customerId": "cust-123",
        "items": [{"productId": PRODUCT, "price": price, "quantity": quantity}],
        "total": price * quantity,
        "currency": "USD",
        **fields,
    }


def execution_arn(session_id: str) -> str:
    return f"arn:aws:states:us-east-1:123456789012:execution:order-test:{session_id}"


def event(sent: dict[str, Any]) -> dict[str, Any]:
    session_id = sent["sessionId"]
    execution = {"id": execution_arn(session_id), "name": session_id, "startTime": "2026-01-01T00:00:00Z"}
    return {"execution": execution, "input": sent}


def begin(price: int = 1000, quantity: int = 1) -> dict[str, Any]:
    """A session of a valid order, not reserved yet; what its steps are sent."""
    session_id = new_session()
    items = [{"productId": PRODUCT, "price": price, "quantity": quantity}]
    validate_order.handler(event({"sessionId": session_id, "customerId": "cust-123", "items": items}), None)
    return order(session_id, price, quantity)


def reserve(sent: dict[str, Any]) -> Any:
    return reserve_stock.handler(event(sent), None)


def charge(sent: dict[str, Any]) -> Any:
    return charge_payment.handler(event(sent), None)


def confirm(sent: dict[str, Any]) -> Any:
    payment = {"chargeId": "charge", "amount": sent["total"], "currency": sent["currency"]}
    return confirm_order.handler(event({**sent, "payment": payment}), None)


def release(sent: dict[str, Any], **ending: Any) -> Any:
    return release_stock.handler(event({**sent, "ending": {"reason": "rejected", **ending}}), None)


def stop(sent: dict[str, Any]) -> None:
    """The execution was stopped, and reconciliation says so."""
    session_id = sent["sessionId"]
    table = Table("sessions-test")
    record = table.get(session_id)
    assert record is not None
    close(table, record, execution_arn(session_id), Status.CANCELLED, lambda _seen: None)


def ended(sent: dict[str, Any]) -> dict[str, Any]:
    """What the stream of `sessions` tells the compensation of the session as it is."""
    image = rows.to_item(record_of(sent["sessionId"]))
    return {"Records": [{"eventID": "1", "dynamodb": {"NewImage": image, "SequenceNumber": "1"}}]}


def undo(change: dict[str, Any]) -> bool:
    """The compensation; whether it need not be invoked again."""
    return bool(compensate.handler(change, None)["batchItemFailures"] == [])


def compensated(sent: dict[str, Any]) -> bool:
    """Has the session's compensation invoked once; whether it need not be invoked again."""
    return undo(ended(sent))


def deliver(call: Any, sent: dict[str, Any]) -> Delivery:
    """A delivery up to its first call."""
    return Delivery(call.__name__, lambda: call(sent)).start()
