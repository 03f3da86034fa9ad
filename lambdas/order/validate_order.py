"""ValidateOrder: accepts the order."""

from typing import Annotated

from pydantic import Field, Json

from core import settings
from core.step import Session, first_step
from order.acceptance import accept
from order.models import AcceptedOrder, OrderInput
from order.money import CurrencyCode


class Settings(settings.Settings):
    """approval_limits: the highest total, in minor units, that needs no approval, for each currency there is."""

    approval_limits: Json[dict[CurrencyCode, Annotated[int, Field(ge=0)]]]
    approval_seconds: int = Field(gt=0, le=7 * 24 * 60 * 60)


@first_step(phase="validating_order")
def handler(request: OrderInput, session: Session) -> AcceptedOrder:
    """Total the order and say whether it needs an approval. Raises InvalidInput (final)."""
    stage = settings.load(Settings)
    return accept(request, session.session_id, stage.approval_limits, stage.approval_seconds)
