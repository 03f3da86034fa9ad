"""Signatures of what others post here, as Standard Webhooks say.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, SecretStr
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from service.errors import Refusal


def _usable(secret: SecretStr) -> SecretStr:
    try:
        Webhook(secret.get_secret_value())
    except (EmptyWebhookSecretError, ValueError):
        raise ValueError("is no secret of Standard Webhooks: base64, with or without whsec_ before it") from None
    return secret


WebhookSecret = Annotated[SecretStr, AfterValidator(_usable)]


def verify(secret: SecretStr, headers: Mapping[str, str], body: bytes) -> None:
    """Raises Refusal 401 where signature, id or time does not hold. What cannot even be read is a ValueError."""
    try:
        Webhook(secret.get_secret_value()).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        raise Refusal(401, "NotSigned", "The webhook's signature, id or time does not hold.") from None
