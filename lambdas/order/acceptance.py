"""Which orders are accepted, and which of them need a person's word."""

from collections.abc import Mapping

from core.errors import InvalidInput
from order.models import HIGHEST_TOTAL, MOST_OF_A_PRODUCT, AcceptedOrder, Item, OrderInput, OrderItem


def accept(request: OrderInput, session_id: str, limits: Mapping[str, int], approval_seconds: int) -> AcceptedOrder:
    """The order, each product once. One whose total is above its currency's limit needs an approval.

    Raises InvalidInput naming each field that does not fit.
    """
    problems: list[tuple[str, str]] = []
    if request.currency not in limits:
        problems.append(("currency", f"is not one of {', '.join(sorted(limits))}"))
    items = _merged(request.items, problems)
    total = sum(item.price * item.quantity for item in items)
    if total > HIGHEST_TOTAL:
        problems.append(("items", f"cost more than {HIGHEST_TOTAL} minor units in all"))
    if problems:
        raise InvalidInput(problems)
    return AcceptedOrder(
        order_id=request.order_id or session_id,
        customer_id=request.customer_id,
        items=items,
        total=total,
        currency=request.currency,
        needs_approval=total > limits[request.currency],
        approval_seconds=approval_seconds,
    )


def _merged(given: list[OrderItem], problems: list[tuple[str, str]]) -> list[Item]:
    merged: dict[str, Item] = {}
    for number, item in enumerate(given):
        first = merged.setdefault(item.product_id, Item(product_id=item.product_id, price=item.price, quantity=0))
        first.quantity += item.quantity
        if item.price != first.price:
            problems.append((f"items.{number}.price", "differs from the same product's price above"))
        if first.quantity > MOST_OF_A_PRODUCT:
            problems.append((f"items.{number}.quantity", f"makes more than {MOST_OF_A_PRODUCT} pieces of the product"))
    return list(merged.values())
