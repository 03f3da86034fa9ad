"""RankMatches: scores the candidates, with the vendor's reviews where there are any."""

from core.observability import logger
from core.step import Session, step
from matching.models import Matches, RankRequest
from matching.ranking import rank, readable


@step(phase="ranking_matches", done="matches_ranked", progress=(70, 85))
def handler(request: RankRequest, session: Session) -> Matches:
    """Rank the matches and say why. An answer of the vendor that cannot be read counts as none."""
    reviews = readable(request.reviews)
    if reviews is None and request.reviews is not None:
        logger.warning("the vendor's answer is not what its protocol says; the matches stay unreviewed")
    return rank(request, request.candidates, reviews)
