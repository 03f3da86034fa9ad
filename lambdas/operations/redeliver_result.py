"""Delivers parked results again, once somebody has redriven them from their dead-letter queue.

Invoked with the queue `deliveries`, which tries again what fails, and parks it once more in the end.
"""

from typing import Any

from core.batches import each_message
from core.deliveries import DeliverySettings, ParkedDelivery, deliver
from core.observability import logger
from core.record import Change, DeliveryStatus, Record, Table
from core.rows import Json
from core.settings import load


def handler(event: Json, _context: object) -> Any:
    """Answers which messages of the batch are to be sent again."""
    return each_message(event, _redeliver)


def _redeliver(message: Json) -> None:
    parked = ParkedDelivery.model_validate_json(message["body"])
    table = Table(load(DeliverySettings).sessions_table)
    record = table.get(parked.session_id)
    same = record is not None and record["createdAt"] == parked.session_began
    with logger.append_context_keys(session_id=parked.session_id):
        if record is not None and same and record.get("delivery") == DeliveryStatus.DELIVERED:
            logger.info("result was delivered before")
            return
        deliver(parked, parked.session_id, parked.session_began)
        # A record that has expired, or is a later session's, is left alone; the result was delivered all the same.
        if record is not None and same:
            table.change(parked.session_id, lambda seen: _delivered(seen or record), record)
        logger.info("result delivered")


def _delivered(seen: Record) -> Change | None:
    if seen.get("delivery") == DeliveryStatus.DELIVERED:
        return None
    return Change(set={"delivery": DeliveryStatus.DELIVERED})
