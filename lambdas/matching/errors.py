"""How matching fails. What the machine retries or catches, it names as these classes are named."""

from core.errors import FinalError, TransientError


class VendorUnavailable(TransientError):
    """The vendor was throttled, timed out or could not be reached; asking again with the same request is harmless."""


class VendorRefused(FinalError):
    """The vendor does not take the request; the message gives its status."""
