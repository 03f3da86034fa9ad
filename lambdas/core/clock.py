"""Time as the records write it."""

import time
from datetime import UTC, datetime

DAY = 24 * 60 * 60


def moment() -> datetime:
    """The present, in UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def now() -> str:
    """The present in ISO 8601, UTC, with milliseconds and Z: 2026-11-21T09:30:00.125Z. Sorts as it reads."""
    return ago(0)


def ago(seconds: float) -> str:
    """`seconds` before the present, written as now() writes it."""
    moment = datetime.fromtimestamp(time.time() - seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ahead(seconds: float) -> str:
    """`seconds` after the present, written as now() writes it."""
    return ago(-seconds)


def expiry(days: int) -> int:
    """Epoch seconds `days` from now, for DynamoDB's TTL."""
    return int(time.time()) + days * DAY
