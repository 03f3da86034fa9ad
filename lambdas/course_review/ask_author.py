"""AskAuthor: tells the author what a moderator wants changed, and waits for the review to be sent again."""

from core.asking import asking_step
from core.questions import Signals
from core.step import Session
from course_review.models import ModeratedReview
from course_review.telling import request_for_changes


@asking_step(phase="awaiting_author", progress=50)
def handler(request: ModeratedReview, session: Session) -> Signals:
    """Wait for the author's service to send the signal `resubmit`."""
    return Signals(accepts=("resubmit",), expires_in=request.revision_seconds, notices=(request_for_changes(request),))
