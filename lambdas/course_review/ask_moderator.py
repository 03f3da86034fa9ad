"""AskModerator: asks moderators about a review that passed the screening."""

from pydantic import Field, Json

from core.asking import ApprovalSettings, asking_step
from core.questions import Approval
from core.settings import load
from core.step import Session
from course_review.models import Review
from course_review.telling import question


class Settings(ApprovalSettings):
    moderators: Json[tuple[str, ...]] = Field(min_length=1)


@asking_step(phase="awaiting_moderator", progress=40)
def handler(request: Review, session: Session) -> Approval:
    """Ask whether the review is to be published; the state waits for the answer."""
    return question(request, load(Settings).moderators)
