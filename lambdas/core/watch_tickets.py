"""Tickets with which sessions are watched: who holds one may connect for some minutes, and subscribe to what it names.

A ticket is signed by itsdangerous (HMAC-SHA256) and goes into a URL, for browsers send no headers as they connect. One
for a hundred sessions has at most some 6,600 characters, of the 10,240 bytes that API Gateway takes of a request's line
and headers.
"""

import hashlib
from collections.abc import Iterable

from itsdangerous import URLSafeTimedSerializer

TICKET_SECONDS = 10 * 60


def ticket_for(session_ids: Iterable[str], secret: str) -> str:
    """A ticket to watch these sessions, good to connect with for TICKET_SECONDS."""
    ticket = _serializer(secret).dumps(list(session_ids))
    return ticket if isinstance(ticket, str) else ticket.decode()


def sessions_of(ticket: str, secret: str) -> list[str]:
    """The sessions that a ticket names. Raises itsdangerous.BadData when it was altered, cut short, or is too old."""
    named: list[str] = _serializer(secret).loads(ticket, max_age=TICKET_SECONDS)
    return named


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="progress", signer_kwargs={"digest_method": hashlib.sha256})
