"""The message that tells a caller the result of a search."""

from core.deliveries import Delivery
from matching.models import DeliverRequest


def delivery(request: DeliverRequest) -> Delivery:
    """What is posted to the search's callback URL."""
    result = request.result
    body = {
        "search_id": result.search_id,
        "status": "completed",
        "payload": result.model_dump(mode="json", by_alias=True),
    }
    return Delivery(url=request.callback_url, body=body)
