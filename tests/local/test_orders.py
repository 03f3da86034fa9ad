"""How the result of order reads."""

import io
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from local.orders import print_order

CONFIRMED = {
    "orderId": "demo-1",
    "total": Decimal(200050),
    "currency": "USD",
    "payment": {"chargeId": "ch_1", "amount": Decimal(200050), "currency": "USD"},
}


def printed(result: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_order(result, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def released(**ending: Any) -> dict[str, Any]:
    return {"orderId": "demo-1", "total": Decimal(2000), "currency": "USD", "ending": ending}


def test_a_confirmed_order_shows_its_total_and_its_charge() -> None:
    text = printed(CONFIRMED)

    assert "Order demo-1 over USD 2,000.50 is confirmed." in text
    assert "USD 2,000.50 were charged, as charge ch_1." in text


def test_a_currency_without_cents_has_none() -> None:
    assert "over KRW 5,168 " in printed(CONFIRMED | {"total": Decimal(5168), "currency": "KRW"})


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (
            {"reason": "rejected", "by": "ann", "at": "2026-11-21T09:30:00.125Z", "comment": "too [much]"},
            "ann rejected it at 2026-11-21T09:30:00.125Z, saying: too [much].",
        ),
        (
            {"reason": "out_of_stock", "missing": [{"productId": "p-1", "requested": Decimal(2), "available": 1}]},
            "there are not enough pieces for 2 of p-1 (1 are there).",
        ),
        ({"reason": "expired"}, "nobody approved it in time."),
        ({"reason": "declined"}, "the payment was declined."),
    ],
)
def test_an_order_that_is_not_confirmed_says_why_and_that_nothing_is_left(ending: dict[str, Any], reason: str) -> None:
    text = printed(released(**ending))

    assert f"Order demo-1 over USD 20.00 is not confirmed: {reason}" in text
    assert "Nothing is reserved or charged." in text
