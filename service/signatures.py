"""Signatures of what others post here, as Standard Webhooks say."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, SecretStr
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from core.webhooks import holds
from service.errors import Refusal


def _usable(secret: SecretStr) -> SecretStr:
    try:
        Webhook(secret.get_secret_value())
    except (EmptyWebhookSecretError, ValueError):
        raise ValueError("is no secret of Standard Webhooks: base64, with or without whsec_ before it") from None
    return secret


WebhookSecret = Annotated[SecretStr, AfterValidator(_usable)]


def verify(secret: SecretStr, headers: Mapping[str, str], body: bytes) -> None:
    """Raises Refusal 401 where signature, id or time does not hold."""
    if not holds(headers, body, secret.get_secret_value()):
        raise Refusal(401, "NotSigned", "The webhook's signature, id or time does not hold.")
