"""How ai-chef fails: all final, since the same profile would fail the same way again."""

from core.errors import FinalError


class UnknownAllergy(FinalError):
    """An allergy is written in a word that stands for no known allergen or ingredient."""


class UnknownCondition(FinalError):
    """A health condition is written in a word for which there is no rule."""


class NoRecipeFits(FinalError):
    """No proposed dish fits the whole profile; the message says what to relax."""


class NothingPriced(FinalError):
    """No shop offers any ingredient of the dish."""
