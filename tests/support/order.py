"""order's tables in moto, what is in stock there, and what tests look up in them."""

from typing import Any

from core import aws, rows

PRODUCT = "prod-001"
"""In stock in fresh tables, 100 pieces."""


def create_order_tables(stage: str) -> None:
    """Creates orders, inventory and payments as infra does, with some stock."""
    for table, key in (("orders", "sessionId"), ("inventory", "productId"), ("payments", "chargeKey")):
        aws.dynamodb().create_table(
            TableName=f"{table}-{stage}",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )
    seed(PRODUCT, 100, stage)


def seed(product_id: str, available: int, stage: str = "test") -> None:
    """Puts so many pieces of a product into the stock."""
    row = {"productId": product_id, "name": f"Product {product_id}", "available": available}
    aws.dynamodb().put_item(TableName=f"inventory-{stage}", Item=rows.to_item(row))


def available(product_id: str = PRODUCT, stage: str = "test") -> int:
    """How many pieces of a product nobody has reserved."""
    row = rows.get(f"inventory-{stage}", {"productId": product_id})
    assert row is not None
    return int(row["available"])


def order_of(session_id: str, stage: str = "test") -> Any:
    """The order's row, or None."""
    return rows.get(f"orders-{stage}", {"sessionId": session_id})


def ledger_of(session_id: str, stage: str = "test") -> Any:
    """The row of the order's charge in the sandbox's ledger, or None."""
    return rows.get(f"payments-{stage}", {"chargeKey": f"{session_id}/ChargePayment"})
