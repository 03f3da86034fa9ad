"""SubmitReview: accepts a review of a course."""

from pydantic import Field

from core import settings
from core.step import Session, first_step
from course_review.models import CourseReviewInput, Review

_MONTH = 30 * 24 * 60 * 60


class Settings(settings.Settings):
    """How long a moderator may take, and the author for changes; thirty days at most, each time."""

    moderation_seconds: int = Field(gt=0, le=_MONTH)
    revision_seconds: int = Field(gt=0, le=_MONTH)


@first_step(phase="submitting_review")
def handler(request: CourseReviewInput, session: Session) -> Review:
    """Hand on the review."""
    seconds = settings.load(Settings)
    return Review(
        **request.model_dump(exclude={"session_id", "owner"}),
        session_id=session.session_id,
        moderation_seconds=seconds.moderation_seconds,
        revision_seconds=seconds.revision_seconds,
    )
