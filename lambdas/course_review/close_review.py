"""CloseReview: ends the session of a review that is not published."""

from core.step import End, Session, last_step
from course_review.endings import end
from course_review.models import AnsweredReview, ReviewResult


@last_step(phase="closing_review", progress=80)
def handler(request: AnsweredReview, session: Session) -> End[ReviewResult]:
    """Tell the author why the review is not published."""
    return end(request)
