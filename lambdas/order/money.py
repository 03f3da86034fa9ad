"""Currencies, and amounts as people write them."""

from typing import Literal

CurrencyCode = Literal["CNY", "EUR", "GBP", "JPY", "KRW", "USD"]

DECIMALS: dict[str, int] = {"CNY": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KRW": 0, "USD": 2}
"""Digits after the point, ISO 4217: https://www.iso.org/iso-4217-currency-codes.html"""


def shown(amount: int, currency: str) -> str:
    """An amount in minor units for people: `USD 1,234.50`, `KRW 5,168`. KeyError for a currency that is not known."""
    decimals = DECIMALS[currency]
    return f"{currency} {amount / 10**decimals:,.{decimals}f}"
