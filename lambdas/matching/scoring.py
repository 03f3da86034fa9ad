"""How well a candidate fits, from 0 to 100, and why. The table is docs/matching.md's.

Each part has a weight, and a share from 0 to 1. The score is the sum of weight times share over the sum of the weights,
of the parts that are known: a candidate nobody has rated is neither better nor worse for it. Shares are fractions, so
the score is the same on every machine.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction

from matching.models import Candidate, Search

Part = tuple[Fraction, str] | None
"""A share and the reason to tell, "" for none; None where it is not known."""

TOP_LEVEL = 4


def _level(search: Search, candidate: Candidate) -> Part:
    above = candidate.level - search.seeker.level
    reason = f"{_level_shown(candidate.level)}, {_compared(above)}."
    if search.criteria.kind == "coach":
        return (Fraction(1) if above > 0 else Fraction(1, 2) if above == 0 else Fraction(0)), reason
    return 1 - Fraction(abs(above), TOP_LEVEL), reason


def _days(search: Search, candidate: Candidate) -> Part:
    days = search.criteria.days
    return Fraction(candidate.days, days), f"Free on {candidate.days} of {days} days."


def _languages(search: Search, candidate: Candidate) -> Part:
    share = Fraction(len(candidate.languages), len(search.criteria.languages))
    return share, f"Speaks {', '.join(candidate.languages)}."


def _disciplines(search: Search, candidate: Candidate) -> Part:
    share = Fraction(len(candidate.disciplines), len(set(search.seeker.disciplines)))
    return share, f"Rides {', '.join(candidate.disciplines)}, as you do." if candidate.disciplines else ""


def _stance(search: Search, candidate: Candidate) -> Part:
    if None in (search.seeker.stance, candidate.stance):
        return None
    if candidate.stance != search.seeker.stance:
        return Fraction(0), ""
    return Fraction(1), f"Rides {candidate.stance}, as you do."


def _certification(search: Search, candidate: Candidate) -> Part:
    if candidate.certification is None:
        return Fraction(0), ""
    return Fraction(1), f"Certified by {candidate.certification}."


PARTS: Mapping[str, tuple[int, Callable[[Search, Candidate], Part]]] = {
    "level": (25, _level),
    "days": (25, _days),
    "languages": (15, _languages),
    "disciplines": (10, _disciplines),
    "stance": (5, _stance),
    "certification": (10, _certification),
}
RATING_WEIGHT = 10


def score(search: Search, candidate: Candidate, rating: float | None = None) -> tuple[int, list[str]]:
    """A candidate's score, and why in short sentences. rating: the vendor's, of 100."""
    parts = [(weight, part) for weight, of in PARTS.values() if (part := of(search, candidate)) is not None]
    if rating is not None:
        parts.append((RATING_WEIGHT, (Fraction(rating) / 100, f"The vendor rates {rating:.0f} of 100.")))
    points = sum((weight * share for weight, (share, _) in parts), Fraction(0))
    whole = sum(weight for weight, _ in parts)
    return round(100 * points / whole), [reason for _, (_, reason) in parts if reason]


def _level_shown(level: int) -> str:
    return f"CASI level {level}" if level else "No CASI level"


def _compared(above: int) -> str:
    if above == 0:
        return "the same as yours"
    return f"{abs(above)} {'above' if above > 0 else 'below'} yours"
