"""How order fails. What the machine retries or catches, it names as these classes are named."""

from core.errors import FinalError, TransientError


class StockBusy(TransientError):
    """Other orders kept writing to the same products, or other deliveries to the same order."""


class PaymentUnavailable(TransientError):
    """The payment service was throttled, timed out or could not be reached; whether it charged is not known."""


class PaymentDeclined(FinalError):
    """The payment service says no: nothing was charged, and nothing will be under the same key."""


class PaymentRefused(FinalError):
    """The payment service does not take the request as it is; the message gives its code."""


class VoidRefused(FinalError):
    """The payment service keeps a charge that should be taken back; a person has to settle it with the service."""


class OrderReleased(FinalError):
    """The order has no stock reserved any more, so it is neither charged nor confirmed."""


class OrderConflict(FinalError):
    """The order is not in a state that the step can go on from; the message says in which."""
