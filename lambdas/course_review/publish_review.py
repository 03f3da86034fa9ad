"""PublishReview: publishes the review, ranks its course anew, and ends the session."""

from pydantic import Field

from core.clock import now
from core.settings import LastStepSettings, load
from core.step import End, Session, last_step
from course_review.endings import end
from course_review.models import ModeratedReview, ReviewResult
from course_review.reviews import Reviews
from course_review.screening import DUPLICATE


class Settings(LastStepSettings):
    reviews_table: str = Field(min_length=1)
    course_rankings_table: str = Field(min_length=1)


@last_step(phase="publishing_review", progress=80)
def handler(request: ModeratedReview, session: Session) -> End[ReviewResult]:
    """Publish the review, unless another session took its place. Raises ReviewBusy (retried)."""
    settings = load(Settings)
    standing = Reviews(settings.reviews_table, settings.course_rankings_table).publish(request)
    if standing is None:
        return end(request.model_copy(update={"reasons": [DUPLICATE], "screened_at": now()}))
    return end(request, standing)
