"""How ai-chef fails: all final, since the same profile would fail the same way again."""

from core.errors import FinalError


class NoRecipeFits(FinalError):
    """No proposed dish fits the whole profile; the message says what to relax."""


class NothingPriced(FinalError):
    """No shop offers any ingredient of the dish."""


class PriceSearchRefused(FinalError):
    """The shopping search does not take the request; the message says what to put right."""
