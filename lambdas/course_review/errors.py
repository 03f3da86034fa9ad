"""How course-review fails."""

from core.errors import TransientError


class ReviewBusy(TransientError):
    """Others write to the same review, or publish reviews of the same resort, at the same time."""
