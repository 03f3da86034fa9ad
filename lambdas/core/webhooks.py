"""Standard Webhooks, both ways: how what is sent is signed, and whether what came was.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def signed(message_id: str, text: str, key: str) -> dict[str, str]:
    """The headers of a JSON text that is sent now. message_id: the same for every repetition."""
    at = datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(key).sign(message_id, at, text),
    }


def holds(headers: Mapping[str, str], body: str | bytes, key: str) -> bool:
    """Whether id, time (five minutes at most) and signature hold. What the library cannot even read, it raises as
    ValueError.
    """
    verifier = Webhook(key)
    try:
        verifier.verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True
