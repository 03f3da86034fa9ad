"""ScreenReview: refuses what is clearly bad, and a second review of the same author and course."""

from pydantic import Field, Json

from core.clock import now
from core.models import validated
from core.record import Table
from core.settings import StepSettings, load
from core.step import Session, step
from course_review.models import AnsweredReview, Resubmission, Review
from course_review.reviews import Reviews
from course_review.screening import DUPLICATE, screen


class Settings(StepSettings):
    reviews_table: str = Field(min_length=1)
    banned_words: Json[tuple[str, ...]]


@step(phase="screening_review", done="review_screened", progress=(10, 30))
def handler(request: AnsweredReview, session: Session) -> Review:
    """Screen the review as it was sent, or sent again. Raises ReviewBusy (retried)."""
    settings, review = load(Settings), submitted(request)
    reasons = screen(review, settings.banned_words)
    if not reasons and not Reviews(settings.reviews_table).claim(review, Table(settings.sessions_table).is_open):
        reasons = [DUPLICATE]
    return review.model_copy(update={"reasons": reasons, "screened_at": now()})


def submitted(review: AnsweredReview) -> Review:
    """The next round's review: with what the author has changed, if anything."""
    changes = {}
    if review.decision is not None:
        payload, at = review.decision.payload, review.decision.at
        changes = validated(Resubmission, payload, sent_at=at, within="payload").model_dump(exclude_none=True)
    return Review.model_validate({**review.model_dump(exclude={"decision"}), **changes, "round": review.round + 1})
