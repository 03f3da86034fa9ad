"""What DynamoDB says when others write to the same rows at the same time, which no test can have happen at will."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from core import aws
from order.errors import StockBusy
from order.models import Order, Shortage
from order.orders import Orders
from tests.support.order import available, order_of
from tests.unit.order import shop

pytestmark = pytest.mark.usefixtures("tables")

ORDERS = Orders("orders-test", "inventory-test")


@pytest.fixture(autouse=True)
def own_client() -> Iterator[None]:
    """No other test may meet a client that refuses."""
    yield
    aws.dynamodb.cache_clear()


def refuse(operation: str, code: str, *reasons: dict[str, Any]) -> None:
    """From now on DynamoDB answers this operation so."""
    answer = {
        "Error": {"Code": code, "Message": code},
        "CancellationReasons": list(reasons),
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    http = SimpleNamespace(status_code=400)
    events: Any = aws.dynamodb().meta.events
    events.register(f"before-call.dynamodb.{operation}", lambda **_: (http, answer))


def reserve(sent: dict[str, Any]) -> list[Shortage]:
    return ORDERS.reserve(sent["sessionId"], Order.model_validate(sent))


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_orders_that_collide_are_tried_again(code: str) -> None:
    sent = shop.begin()
    refuse("TransactWriteItems", "TransactionCanceledException", {"Code": "None"}, {"Code": code})
    with pytest.raises(StockBusy):
        reserve(sent)


def test_what_is_short_is_short_though_another_order_collides() -> None:
    sent = shop.begin()
    short = {"Code": "ConditionalCheckFailed", "Item": {"productId": {"S": "prod-001"}, "available": {"N": "0"}}}
    refuse("TransactWriteItems", "TransactionCanceledException", {"Code": "TransactionConflict"}, short)
    assert reserve(sent) == [Shortage(product_id="prod-001", requested=1, available=0)]


def test_a_transaction_that_is_wrong_is_no_collision() -> None:
    sent = shop.begin()
    refuse("TransactWriteItems", "TransactionCanceledException", {"Code": "None"}, {"Code": "ValidationError"})
    with pytest.raises(ClientError):
        reserve(sent)


def test_a_release_that_collides_is_tried_again_and_gives_nothing_back_yet() -> None:
    sent = shop.begin()
    shop.reserve(sent)
    refuse("TransactWriteItems", "TransactionCanceledException", {"Code": "TransactionConflict"}, {"Code": "None"})
    with pytest.raises(StockBusy):
        shop.release(sent)
    assert (available(), order_of(sent["sessionId"])["status"]) == (99, "reserved")


def test_a_row_that_a_transaction_holds_is_tried_again() -> None:
    sent = shop.begin()
    shop.reserve(sent)
    refuse("UpdateItem", "TransactionConflictException")
    with pytest.raises(StockBusy):
        ORDERS.claim_charge(sent["sessionId"], "key", 20)
