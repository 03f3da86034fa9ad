"""The result of a search: who is matched, in which order, and why."""

from typing import Any

from pydantic import ValidationError

from matching.models import Candidate, Match, Matches, Review, Reviews, Search
from matching.scoring import score


def readable(answer: Any) -> Reviews | None:
    """The vendor's answer, or None where it is not what its protocol says."""
    try:
        return Reviews.model_validate(answer)
    except ValidationError:
        return None


def rank(search: Search, candidates: list[Candidate], reviews: Reviews | None) -> Matches:
    """The best matches, those of one score by user id; the same for every order of candidates.

    reviews: None where the vendor was not asked, did not answer in time, or not in its protocol. Whom the vendor
    rejects is no match; whom it leaves out is one, not reviewed.
    """
    said = _said(reviews)
    accepted = [each for each in candidates if each.user_id not in said or said[each.user_id].approved]
    matches = [_match(search, each, said.get(each.user_id)) for each in accepted]
    matches.sort(key=lambda match: (-match.score, match.user_id))
    asked = search.needs_review and bool(candidates)
    return Matches(
        search_id=search.search_id,
        kind=search.criteria.kind,
        review="not_needed" if not asked else "unreviewed" if reviews is None else "reviewed",
        considered=len(candidates),
        matches=matches[: search.criteria.limit],
    )


def outcome(result: Matches) -> str:
    """How the search ended, in a word."""
    if not result.matches:
        return "no_matches"
    return "unreviewed" if result.review == "unreviewed" else "matched"


def _said(reviews: Reviews | None) -> dict[str, Review]:
    """What the vendor says of each; where it contradicts itself, a rejection stands, else what it says last."""
    said: dict[str, Review] = {}
    for review in reviews.reviews if reviews else ():
        if review.user_id not in said or said[review.user_id].approved:
            said[review.user_id] = review
    return said


def _match(search: Search, candidate: Candidate, review: Review | None) -> Match:
    points, reasons = score(search, candidate, None if review is None else review.rating)
    if review is not None:
        reasons.append("Approved by the vendor.")
    return Match(user_id=candidate.user_id, score=points, reviewed=review is not None, reasons=reasons)
