"""How a review ends."""

from typing import Literal

from core.notifications import notify
from core.record import Status
from core.step import End
from course_review.models import AnsweredReview, ReviewResult, Standing
from course_review.telling import ending

Outcome = Literal["published", "rejected", "expired"]


def ended(review: AnsweredReview, standing: Standing | None = None) -> tuple[Outcome, ReviewResult]:
    """How the review ends, in a word and in full. standing: where its course stands now that it is published."""
    decision, outcome = review.decision, _outcome(review, standing)
    result = ReviewResult(**review.model_dump(exclude={"decision"}), rounds=review.round)
    if review.reasons:
        result.reviewed_at, result.reviewed_by = review.screened_at, "screening"
    elif decision is not None:
        result.reviewed_at, result.reviewed_by, result.reason = decision.at, decision.by, decision.comment
    if standing is not None:
        result.rank, result.of, result.score = standing.rank, standing.of, standing.score
    return outcome, result


def end(review: AnsweredReview, standing: Standing | None = None) -> End[ReviewResult]:
    """Tells the author how the review ends, once, and ends the session so."""
    outcome, result = ended(review, standing)
    notify(ending(review, outcome, result), deduplication_id=f"{review.session_id}-ended")
    return End(result=result, outcome=outcome, status=Status.EXPIRED if outcome == "expired" else Status.COMPLETED)


def _outcome(review: AnsweredReview, standing: Standing | None) -> Outcome:
    if standing is not None:
        return "published"
    rejected = review.reasons or (review.decision is not None and review.decision.action == "reject")
    return "rejected" if rejected else "expired"
