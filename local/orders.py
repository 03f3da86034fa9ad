"""The result of order, as a person reads what became of an order."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

NO_CENTS = {"JPY", "KRW"}


def print_order(result: Mapping[str, Any], console: Console) -> None:
    """Print whether the order was confirmed, and with what charge, or why not.

    result: what the workflow stored, a `ConfirmedOrder` or `ReleasedOrder` of order/models.py in camelCase.
    """
    order = f"Order {escape(result['orderId'])} over {_money(result['total'], result['currency'])}"
    if payment := result.get("payment"):
        amount = _money(payment["amount"], payment["currency"])
        console.print(f"[bold green]{order} is confirmed.[/]")
        console.print(f"{amount} were charged, as charge {payment['chargeId']}.", markup=False)
        return
    console.print(f"[bold yellow]{order} is not confirmed: {escape(_reason(result['ending']))}.[/]")
    console.print("Nothing is reserved or charged.")


def _reason(ending: Mapping[str, Any]) -> str:
    match ending["reason"]:
        case "out_of_stock":
            missing = (
                f"{each['requested']:.0f} of {each['productId']} ({each['available']:.0f} are there)"
                for each in ending["missing"]
            )
            return f"there are not enough pieces for {', '.join(missing)}"
        case "rejected":
            comment = f", saying: {ending['comment']}" if ending.get("comment") else ""
            return f"{ending['by']} rejected it at {ending['at']}{comment}"
        case "expired":
            return "nobody approved it in time"
        case "declined":
            return "the payment was declined"
    return str(ending["reason"])


def _money(amount: Any, currency: str) -> str:
    """An amount in minor units, e.g. `USD 20.00`."""
    return f"{currency} {amount:,.0f}" if currency in NO_CENTS else f"{currency} {amount / 100:,.2f}"
