"""What approvers are asked about an order."""

from core.questions import Approval, Fact, Item
from order.models import ApprovalRequest
from order.money import shown


def question(order: ApprovalRequest, approvers: tuple[str, ...]) -> Approval:
    """Whether an order above its currency's limit is to be charged and sent."""
    return Approval(
        title=f"Approve order {order.order_id} over {shown(order.total, order.currency)}?",
        asked_by=order.customer_id,
        facts=[Fact(label="Order", value=order.order_id), Fact(label="Customer", value=order.customer_id)],
        items=[
            Item(name=item.product_id, quantity=item.quantity, amount=shown(item.price * item.quantity, order.currency))
            for item in order.items
        ],
        total=shown(order.total, order.currency),
        accepts=("approve", "reject"),
        approvers=approvers,
        expires_in=order.approval_seconds,
    )
