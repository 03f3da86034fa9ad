"""order's Lambdas one after another, as the state machine calls them, and what they leave in the tables."""

import pytest

from core.errors import NotYet, SessionClosed
from order.errors import OrderConflict, OrderReleased, PaymentDeclined, PaymentUnavailable
from order.models import Order
from order.orders import Orders
from tests.support.order import available, ledger_of, order_of, seed
from tests.support.tables import notifications, record_of, result_of
from tests.unit.order import shop

pytestmark = pytest.mark.usefixtures("tables")


def test_an_order_is_reserved_charged_and_confirmed_and_the_customer_told() -> None:
    sent = shop.begin(price=1000, quantity=2)
    assert shop.reserve(sent) == {"reserved": True, "missing": []}
    assert (available(), order_of(sent["sessionId"])["status"]) == (98, "reserved")
    payment = shop.charge(sent)
    assert (payment["amount"], order_of(sent["sessionId"])["status"]) == (2000, "charged")
    ending = shop.confirm(sent)
    assert (ending["status"], ending["outcome"]) == ("completed", "confirmed")
    assert (available(), order_of(sent["sessionId"])["status"]) == (98, "confirmed")
    assert ledger_of(sent["sessionId"])["status"] == "charged"
    (told,) = notifications()
    assert (told["audience"], told["recipient"]) == ("customers", "cust-123")
    assert "USD 20.00" in told["text"]


def test_nothing_is_reserved_where_one_of_the_products_is_short() -> None:
    seed("prod-002", 1)
    sent = shop.begin()
    sent["items"] += [
        {"productId": "prod-002", "price": 1, "quantity": 2},
        {"productId": "prod-unknown", "price": 1, "quantity": 1},
    ]
    assert shop.reserve(sent) == {
        "reserved": False,
        "missing": [
            {"productId": "prod-002", "requested": 2, "available": 1},
            {"productId": "prod-unknown", "requested": 1, "available": 0},
        ],
    }
    assert (available(), available("prod-002")) == (100, 1)


def test_an_order_that_was_out_of_stock_is_never_reserved_later() -> None:
    sent = shop.begin(quantity=101, price=1)
    missing = shop.reserve(sent)["missing"]
    ending = shop.release(sent, reason="out_of_stock", missing=missing)
    assert (ending["status"], ending["outcome"]) == ("completed", "out_of_stock")
    assert ending["result"]["ending"]["missing"] == missing
    seed("prod-001", 500)
    orders = Orders("orders-test", "inventory-test")
    with pytest.raises(OrderReleased):
        orders.reserve(sent["sessionId"], Order.model_validate(sent))
    assert available() == 500


@pytest.mark.parametrize(
    ("reason", "status"), [("rejected", "completed"), ("expired", "expired"), ("declined", "completed")]
)
def test_a_released_order_says_why_and_has_given_its_stock_back(reason: str, status: str) -> None:
    sent = shop.begin()
    shop.reserve(sent)
    ending = shop.release(sent, reason=reason, by="ann", comment="not this month")
    assert (ending["status"], ending["outcome"]) == (status, reason)
    assert ending["result"]["ending"]["by"] == "ann"
    assert record_of(sent["sessionId"])["status"] == status
    assert result_of(sent["sessionId"])["result"] == ending["result"]
    assert (available(), order_of(sent["sessionId"])["status"]) == (100, "released")


def test_a_declined_order_cannot_be_charged_again() -> None:
    sent = shop.begin(price=901)
    shop.reserve(sent)
    for _ in range(2):
        with pytest.raises(PaymentDeclined):
            shop.charge(sent)
    row = ledger_of(sent["sessionId"])
    assert (row["status"], row["attempts"]) == ("declined", 1)
    shop.release(sent, reason="declined")
    assert available() == 100


@pytest.mark.parametrize(("price", "failures"), [(902, 1), (912, 2), (915, 5)])
def test_a_charge_is_made_once_however_often_the_service_gives_no_answer(price: int, failures: int) -> None:
    sent = shop.begin(price=price)
    shop.reserve(sent)
    for _ in range(failures):
        with pytest.raises(PaymentUnavailable):
            shop.charge(sent)
        assert order_of(sent["sessionId"])["status"] == "charging"
    payment = shop.charge(sent)
    assert (payment["amount"], ledger_of(sent["sessionId"])["status"]) == (price, "charged")
    assert ledger_of(sent["sessionId"])["attempts"] == failures + 1


def test_an_order_that_costs_nothing_is_charged_nowhere() -> None:
    sent = shop.begin(price=0)
    shop.reserve(sent)
    assert shop.charge(sent)["amount"] == 0
    assert ledger_of(sent["sessionId"]) is None


def test_a_session_whose_id_an_older_order_has_is_told_so() -> None:
    sent = shop.begin()
    shop.reserve(sent)
    again = shop.order(sent["sessionId"], price=5)
    orders = Orders("orders-test", "inventory-test")
    with pytest.raises(OrderConflict, match="another sessionId"):
        orders.reserve(sent["sessionId"], Order.model_validate(again))


def test_stock_is_not_released_while_the_order_is_charged_or_may_be() -> None:
    sent = shop.begin(price=902)
    shop.reserve(sent)
    with pytest.raises(PaymentUnavailable):
        shop.charge(sent)
    with pytest.raises(NotYet):
        shop.release(sent)
    shop.charge(sent)
    with pytest.raises(OrderConflict):
        shop.release(sent)
    assert available() == 99


def test_a_step_without_a_reserved_order_says_so() -> None:
    for call in (shop.charge, shop.confirm):
        with pytest.raises(OrderConflict, match="never reserved"):
            call(shop.begin())


def test_no_step_touches_an_order_whose_session_has_ended() -> None:
    sent = shop.begin()
    shop.reserve(sent)
    shop.stop(sent)
    for call in (shop.charge, shop.confirm, shop.release):
        with pytest.raises(SessionClosed):
            call(sent)
    assert order_of(sent["sessionId"])["status"] == "reserved"
