"""Which orders are accepted, how they are totalled, and which need an approval."""

from typing import Any

import pytest

from core.errors import InvalidInput
from core.models import validated
from core.settings import WrongSettings, load
from order.acceptance import accept
from order.approvals import question
from order.models import AcceptedOrder, ApprovalRequest, OrderInput
from order.money import shown
from order.request_approval import Settings as ApprovalSettings
from order.validate_order import Settings as LimitSettings

LIMITS = {"USD": 1000, "KRW": 50_000}


def item(product_id: str = "prod-001", price: int = 100, quantity: int = 1) -> dict[str, Any]:
    return {"productId": product_id, "price": price, "quantity": quantity}


def accepted(*items: dict[str, Any], **fields: Any) -> AcceptedOrder:
    raw = {"customerId": "cust-123", "items": list(items), **fields}
    return accept(validated(OrderInput, raw), "session-1", LIMITS, 3600)


def problems(*items: dict[str, Any], **fields: Any) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        accepted(*items, **fields)
    return [field for field, _ in refusal.value.problems]


def test_an_order_is_sent_in_camel_case_or_snake_case() -> None:
    snake = {"customer_id": "cust-123", "items": [{"product_id": "prod-001", "price": 1000, "quantity": 2}]}
    camel = {"customerId": "cust-123", "items": [{"productId": "prod-001", "price": 1000, "quantity": 2}]}
    orders = [accept(validated(OrderInput, raw), "session-1", LIMITS, 60) for raw in (snake, camel)]
    assert orders[0] == orders[1]
    assert (orders[0].order_id, orders[0].total, orders[0].currency) == ("session-1", 2000, "USD")


@pytest.mark.parametrize(("price", "needed"), [(0, False), (1000, False), (1001, True)])
def test_an_order_above_its_currency_s_limit_needs_an_approval(price: int, needed: bool) -> None:
    assert accepted(item(price=price)).needs_approval is needed
    assert accepted(item(price=price), currency="KRW").needs_approval is False


def test_the_same_product_at_the_same_price_is_one_item() -> None:
    order = accepted(item(quantity=2), item("prod-002", 5), item(quantity=3))
    assert [(one.product_id, one.quantity) for one in order.items] == [("prod-001", 5), ("prod-002", 1)]
    assert order.total == 505


def test_the_shop_s_own_number_is_kept() -> None:
    assert accepted(item(), orderId="A-17").order_id == "A-17"


@pytest.mark.parametrize(
    ("items", "fields", "named"),
    [
        ([item(), item(price=99)], {}, ["items.1.price"]),
        ([item(quantity=600), item(quantity=600)], {}, ["items.1.quantity"]),
        ([item(price=10**12, quantity=2)], {}, ["items"]),
        ([item()], {"currency": "CHF"}, ["currency"]),
        ([item()], {"currency": "usd"}, ["currency"]),
        ([], {}, ["items"]),
        ([item(f"p-{number}") for number in range(51)], {}, ["items"]),
        ([item(price=-1)], {}, ["items.0.price"]),
        ([item(quantity=0)], {}, ["items.0.quantity"]),
        ([item(quantity=1001)], {}, ["items.0.quantity"]),
        ([{**item(), "price": 10.5}], {}, ["items.0.price"]),
        ([{**item(), "price": "10"}], {}, ["items.0.price"]),
        ([{**item(), "quantity": True}], {}, ["items.0.quantity"]),
        ([item("two words")], {}, ["items.0.productId"]),
        ([item()], {"customerId": "two words"}, ["customerId"]),
        ([item()], {"customerId": ""}, ["customerId"]),
        ([item()], {"discount": 5}, ["discount"]),
        ([{**item(), "size": "L"}], {}, ["items.0.size"]),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    items: list[dict[str, Any]], fields: dict[str, Any], named: list[str]
) -> None:
    assert problems(*items, **fields) == named


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (123450, "USD", "USD 1,234.50"),
        (5, "EUR", "EUR 0.05"),
        (5168, "KRW", "KRW 5,168"),
        (0, "JPY", "JPY 0"),
        (10**12, "GBP", "GBP 10,000,000,000.00"),
        (99_999_999_999_901, "USD", "USD 999,999,999,999.01"),
    ],
)
def test_amounts_are_shown_in_their_currency_s_decimals(amount: int, currency: str, text: str) -> None:
    assert shown(amount, currency) == text


def test_approvers_see_what_is_bought_by_whom_and_for_how_much() -> None:
    order = accepted(item(price=1000, quantity=2), item("prod-002", 5))
    asked = question(ApprovalRequest.model_validate(order.model_dump()), ("ann", "bob"))
    assert (asked.asked_by, asked.total, asked.expires_in) == ("cust-123", "USD 20.05", 3600)
    assert [(one.name, one.quantity, one.amount) for one in asked.items] == [
        ("prod-001", 2, "USD 20.00"),
        ("prod-002", 1, "USD 0.05"),
    ]
    assert (asked.accepts, asked.approvers) == (("approve", "reject"), ("ann", "bob"))


@pytest.mark.parametrize(
    ("name", "value", "model"),
    [
        ("APPROVAL_LIMITS", '{"XXX": 1}', LimitSettings),
        ("APPROVAL_LIMITS", '{"USD": -1}', LimitSettings),
        ("APPROVAL_LIMITS", "USD", LimitSettings),
        ("APPROVAL_SECONDS", "604801", LimitSettings),
        ("APPROVERS", "[]", ApprovalSettings),
    ],
)
def test_a_stage_s_wrong_limits_and_approvers_are_named(
    environment: pytest.MonkeyPatch, name: str, value: str, model: Any
) -> None:
    environment.setenv(name, value)
    with pytest.raises(WrongSettings, match=name):
        load(model)
