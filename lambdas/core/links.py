"""Links to approvals: a ticket signed over the callback, the approver and the end of the link's life.

The ticket is an HMAC-SHA256 by itsdangerous, in an alphabet that no mail client breaks. Who holds the link may decide
as the approver it names, and nothing else; the task token is not in it.
"""

import hashlib
import time

from itsdangerous import BadData, URLSafeSerializer

from core.errors import LinkExpired, LinkInvalid


def approval_url(base_url: str, callback_id: str, approver: str, expires_at: int, secret: str) -> str:
    """The link that lets one approver decide until `expires_at` (epoch seconds)."""
    ticket = _serializer(secret).dumps([callback_id, approver, expires_at])
    return f"{base_url}/approvals/{callback_id}?ticket={ticket if isinstance(ticket, str) else ticket.decode()}"


def approver_of(ticket: str, callback_id: str, secret: str) -> str:
    """Whom the link was made for. Raises LinkInvalid when it was altered or is another callback's, LinkExpired."""
    try:
        named, approver, expires_at = _serializer(secret).loads(ticket)
    except (BadData, ValueError, TypeError):
        raise LinkInvalid("this link is not valid: it was altered, or cut short; use the one you were sent") from None
    if named != callback_id:
        raise LinkInvalid("this link belongs to another approval")
    if time.time() > expires_at:
        raise LinkExpired("this link has expired")
    return str(approver)


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="approval", signer_kwargs={"digest_method": hashlib.sha256})
