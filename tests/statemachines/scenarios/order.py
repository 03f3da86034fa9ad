"""order: what its machine is run through. On stage `test`, USD has an approval limit of 1000."""

from typing import Any

from tests.support.interpreter import Fault
from tests.support.scenarios import Scenario

APPROVED = (("RequestApproval", {"action": "approve", "by": "ann"}),)
WHEN = "2026-11-21T09:30:00.000Z"
REJECTED = (("RequestApproval", {"action": "reject", "by": "ann", "at": WHEN, "comment": "not this month"}),)
LARGE: dict[str, Any] = {
    "sessionId": "order-1",
    "customer_id": "cust-123",
    "items": [{"product_id": "prod-001", "price": 1000, "quantity": 2}],
}


def small(price: int, **fields: Any) -> dict[str, Any]:
    """An order below the approval limit; the last two digits of its price tell the sandbox what to do."""
    return {**LARGE, "items": [{"productId": "prod-001", "price": price, "quantity": 1}], **fields}


SCENARIOS = [
    Scenario("a small order is charged and confirmed", small(1000), "SUCCEEDED", outcome="confirmed"),
    Scenario("a large order is approved", LARGE, "SUCCEEDED", outcome="confirmed", answers=APPROVED),
    Scenario("a large order is rejected", LARGE, "SUCCEEDED", outcome="rejected", answers=REJECTED),
    Scenario(
        "an approval that nobody gives in time expires",
        LARGE,
        "SUCCEEDED",
        outcome="expired",
        answers=(("RequestApproval", None),),
    ),
    Scenario(
        "an order for more than there is ends out of stock",
        {**LARGE, "items": [{"product_id": "prod-001", "price": 1, "quantity": 101}]},
        "SUCCEEDED",
        outcome="out_of_stock",
    ),
    Scenario(
        "an order for a product that nobody knows is out of stock too",
        {**LARGE, "items": [*LARGE["items"], {"product_id": "prod-x", "price": 1, "quantity": 1}]},
        "SUCCEEDED",
        outcome="out_of_stock",
    ),
    Scenario("a declined charge releases the stock", small(901), "SUCCEEDED", outcome="declined"),
    Scenario("a charge whose answer was lost is found", small(902), "SUCCEEDED", outcome="confirmed"),
    Scenario("a payment service that is unavailable twice charges once", small(912), "SUCCEEDED", outcome="confirmed"),
    Scenario(
        "a payment service that stays unavailable fails the execution after its retries",
        small(919),
        "FAILED",
        error="PaymentUnavailable",
    ),
    Scenario("a repeated start does nothing", small(1000), "SUCCEEDED", started_before=(small(1000),)),
    Scenario(
        "the same session with another order is refused",
        small(999),
        "FAILED",
        error="SessionConflict",
        started_before=(small(1000),),
    ),
    Scenario("an order of nothing is refused", small(1, items=[]), "FAILED", error="InvalidInput"),
    Scenario(
        "a currency without an approval limit is refused", small(1, currency="CHF"), "FAILED", error="InvalidInput"
    ),
    Scenario(
        "an order that was released meanwhile is not confirmed",
        small(1000),
        "FAILED",
        error="OrderReleased",
        faults=(Fault("ConfirmOrder", "OrderReleased"),),
    ),
]
