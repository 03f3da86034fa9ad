"""Delivering an ended session's result to the URL that its caller gave, signed (core/webhooks.py).

The steps that do it: core/delivering.py. What a machine's Retry could not deliver is parked on a dead-letter queue;
operations/redeliver_result.py sends it again once somebody redrives it.
"""

import hashlib
import json
from typing import Any

import urllib3
from pydantic import Field

from core import http
from core.errors import DeliveryRefused, DeliveryUnavailable
from core.models import Model
from core.origins import OriginSettings, allowed
from core.parameters import secret
from core.settings import load
from core.webhooks import signed

_SECONDS = 8.0


class DeliverySettings(OriginSettings):
    """What delivers results. deliveries_secret: name or ARN of the secret that they are signed with."""

    deliveries_secret: str = Field(min_length=1)


class Delivery(Model):
    """What is posted, as JSON, and where."""

    url: str
    body: dict[str, Any]


class ParkedDelivery(Delivery):
    """A delivery on its dead-letter queue. session_began: the createdAt of its session's record."""

    session_id: str
    session_began: str


def deliver(delivery: Delivery, session_id: str, session_began: str) -> None:
    """Posts a result. Every attempt has the same `webhook-id`, by which the receiver knows a repetition.

    Raises DeliveryUnavailable unless it is taken (any 2xx), DeliveryRefused for 410 and for a URL that is not allowed.
    """
    settings = load(DeliverySettings)
    if not allowed(delivery.url, settings.callback_origins):
        raise DeliveryRefused("the callback URL is at none of the origins that results are delivered to on this stage")
    host = urllib3.util.parse_url(delivery.url).host
    text = json.dumps(delivery.body, ensure_ascii=False, separators=(",", ":"))
    message_id = "msg_" + hashlib.sha256(f"{session_id} {session_began}".encode()).hexdigest()[:32]
    headers = signed(message_id, text, secret(settings.deliveries_secret))
    try:
        status, _ = http.post(delivery.url, text.encode(), headers, seconds=_SECONDS)
    except http.NoAnswer as error:
        raise DeliveryUnavailable(f"{host} gave no answer: {error}") from None
    if status == 410:
        raise DeliveryRefused(f"{host} answered 410: it wants nothing more at this address")
    if not 200 <= status < 300:
        raise DeliveryUnavailable(f"{host} answered {status}")
