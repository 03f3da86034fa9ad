"""What becomes of an order whose session failed or was stopped, wherever it stood."""

import time
from types import SimpleNamespace

import pytest

from core.settings import WrongSettings
from order import settlement
from order.errors import PaymentDeclined, PaymentUnavailable
from order.orders import Orders
from order.providers.sandbox import Sandbox
from tests.support.order import available, ledger_of, order_of
from tests.support.tables import record_of
from tests.unit.order import shop

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """No delivery that was charging lives any more."""
    monkeypatch.setattr(settlement, "time", SimpleNamespace(time=lambda: time.time() + 22))


def test_a_reserved_order_is_released() -> None:
    sent = shop.begin()
    shop.reserve(sent)
    shop.stop(sent)
    for _ in range(2):
        assert shop.compensated(sent)
        assert (available(), order_of(sent["sessionId"])["status"]) == (100, "released")
    assert record_of(sent["sessionId"])["compensation"] == "done"


def test_an_order_that_nobody_tried_to_charge_is_released_without_the_payment_service(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("PAYMENT_PROVIDER", "http")  # and neither its address nor its key is known
    sent = shop.begin()
    shop.reserve(sent)
    with pytest.raises(WrongSettings):
        shop.charge(sent)
    shop.stop(sent)
    assert shop.compensated(sent)
    assert (available(), order_of(sent["sessionId"])["status"]) == (100, "released")


def test_a_session_that_never_came_to_reserve_is_left_alone() -> None:
    sent = shop.begin()
    shop.stop(sent)
    assert shop.compensated(sent)
    assert order_of(sent["sessionId"]) is None
    assert "compensation" not in record_of(sent["sessionId"])


def test_a_charged_order_gets_its_money_back_before_its_stock_is_released() -> None:
    sent = shop.begin()
    shop.reserve(sent)
    shop.charge(sent)
    shop.stop(sent)
    assert shop.compensated(sent)
    assert (available(), order_of(sent["sessionId"])["status"]) == (100, "released")
    assert ledger_of(sent["sessionId"])["status"] == "voided"


def test_a_confirmed_order_keeps_its_money_and_its_goods() -> None:
    sent = shop.begin()
    for call in (shop.reserve, shop.charge):
        call(sent)
    Orders("orders-test").confirm(sent["sessionId"])
    shop.stop(sent)
    assert shop.compensated(sent)
    assert (available(), order_of(sent["sessionId"])["status"]) == (99, "confirmed")
    assert ledger_of(sent["sessionId"])["status"] == "charged"


def test_nothing_is_settled_while_a_delivery_may_still_be_charging() -> None:
    sent = shop.begin(price=902)
    shop.reserve(sent)
    with pytest.raises(PaymentUnavailable):
        shop.charge(sent)
    shop.stop(sent)
    assert not shop.compensated(sent)
    assert (available(), order_of(sent["sessionId"])["status"]) == (99, "charging")
    assert record_of(sent["sessionId"])["compensation"] == "started"


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(("price", "was_charged"), [(902, True), (915, False)])
def test_a_charge_whose_answer_never_came_is_looked_up_and_voided(price: int, was_charged: bool) -> None:
    sent = shop.begin(price=price)
    shop.reserve(sent)
    with pytest.raises(PaymentUnavailable):
        shop.charge(sent)
    key = f"{sent['sessionId']}/ChargePayment"
    assert (Sandbox("payments-test").find(key) is not None) == was_charged
    shop.stop(sent)
    assert shop.compensated(sent)
    assert (available(), order_of(sent["sessionId"])["status"]) == (100, "released")
    assert ledger_of(sent["sessionId"])["status"] == "voided"


@pytest.mark.usefixtures("later")
def test_a_request_that_reaches_the_service_after_all_finds_its_key_voided() -> None:
    sent = shop.begin(price=915)
    shop.reserve(sent)
    with pytest.raises(PaymentUnavailable):
        shop.charge(sent)
    shop.stop(sent)
    assert shop.compensated(sent)
    with pytest.raises(PaymentDeclined):
        Sandbox("payments-test").charge(f"{sent['sessionId']}/ChargePayment", 915, "USD", "cust-123")


def test_where_the_service_keeps_the_money_the_stock_is_kept_too() -> None:
    sent = shop.begin(price=903)
    shop.reserve(sent)
    shop.charge(sent)
    shop.stop(sent)
    for _ in range(2):
        assert not shop.compensated(sent)
    assert (available(), order_of(sent["sessionId"])["status"]) == (99, "voiding")
    assert ledger_of(sent["sessionId"])["status"] == "charged"
