"""What order is sent, what its steps hand on, and its results. Money is whole minor units of the currency: cents of
USD, won of KRW.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.fields import Id
from core.models import Input, Model, WorkflowInput

MOST_OF_A_PRODUCT = 1000
HIGHEST_TOTAL = 10**12

CustomerId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Money = Annotated[int, Field(ge=0, le=HIGHEST_TOTAL)]
Quantity = Annotated[int, Field(ge=1, le=MOST_OF_A_PRODUCT)]


class OrderItem(Input):
    """A product, the price of one piece, and how many pieces."""

    product_id: Id
    price: Money
    quantity: Quantity


class OrderInput(WorkflowInput):
    """The workflow's input.

    customer_id: who pays and is notified; the shop's own word, without spaces.
    items: what is bought; the same product may come twice at the same price.
    currency: ISO 4217; one that has an approval limit on the stage.
    order_id: the shop's own number; the session's id where it is missing.
    """

    customer_id: CustomerId
    items: list[OrderItem] = Field(min_length=1, max_length=50)
    currency: Currency = "USD"
    order_id: Id | None = None


class Item(Model):
    """A product of the order, once, with the price of one piece."""

    product_id: str
    price: int
    quantity: int


class Order(Model):
    """What each step after the first is given."""

    order_id: str
    customer_id: str
    items: list[Item]
    total: int
    currency: str


class AcceptedOrder(Order):
    """ValidateOrder's output. approval_seconds: how long approvers may take."""

    needs_approval: bool
    approval_seconds: int


class ApprovalRequest(Order):
    """What RequestApproval is given."""

    approval_seconds: int


class Shortage(Model):
    """A product of which fewer pieces are there than the order wants."""

    product_id: str
    requested: int
    available: int


class Reservation(Model):
    """ReserveStock's output: all items are reserved, or none, and `missing` says why."""

    reserved: bool
    missing: list[Shortage]


class Payment(Model):
    """A charge as the payment service knows it; ChargePayment's output."""

    charge_id: str = Field(min_length=1, max_length=200)
    amount: int
    currency: str


class ConfirmRequest(Order):
    """What ConfirmOrder is given."""

    payment: Payment


class ConfirmedOrder(Model):
    """The result of an order that was confirmed."""

    order_id: str
    total: int
    currency: str
    payment: Payment


class Ending(Model):
    """Why an order is not to be confirmed. by, at, comment: the approver's; missing: what was out of stock."""

    reason: Literal["out_of_stock", "rejected", "expired", "declined"]
    missing: list[Shortage] = Field(default=[])
    by: str | None = None
    at: str | None = None
    comment: str | None = None


class ReleaseRequest(Order):
    """What ReleaseStock is given."""

    ending: Ending


class ReleasedOrder(Model):
    """The result of an order that was not confirmed. Nothing of it is reserved or charged."""

    order_id: str
    total: int
    currency: str
    ending: Ending
