"""What course-review is sent and signalled, what its steps hand on, and its result."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from core.fields import Id, Line, Slug, wrong
from core.models import Input, Model, WorkflowInput
from core.questions import Decision

MOST_ROUNDS = 3

CourseName = Annotated[Line, StringConstraints(max_length=60)]
Rating = Annotated[int, Field(ge=1, le=5)]
Title = Annotated[Line, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]


class CourseReviewInput(WorkflowInput):
    """The workflow's input.

    course_id, course_name: of which run, the name in one line. resort: a slug, e.g. "whistler". user_id: the author.
    rating: 5 is best. What title and text may be: screening.py.
    """

    course_id: Id
    course_name: CourseName
    resort: Slug
    user_id: Id
    rating: Rating
    title: Title
    text: Text


class Resubmission(Input):
    """The payload of signal `resubmit`: what the author changes, at least one of the three; the rest stays."""

    rating: Rating | None = None
    title: Title | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _something(self) -> "Resubmission":
        if not self.model_dump(exclude_none=True):
            raise wrong("should have rating, title or text")
        return self


SIGNALS: dict[str, type[Input]] = {"resubmit": Resubmission}


class Review(Model):
    """A review as it stands: what each step hands on.

    moderation_seconds, revision_seconds: how long a moderator, and the author, may take. round: which submission this
    is, from 1; 0 before the first was screened. reasons: why the screening refuses it. screened_at: ISO 8601, UTC.
    """

    session_id: str
    course_id: str
    course_name: str
    resort: str
    user_id: str
    rating: int
    title: str
    text: str
    moderation_seconds: int
    revision_seconds: int
    round: int = 0
    reasons: list[str] = Field(default=[])
    screened_at: str = ""


class AnsweredReview(Review):
    """A review and what was said last, by a moderator or by the author, if anything was."""

    decision: Decision | None = None


class ModeratedReview(AnsweredReview):
    """A review and what a moderator said of it."""

    decision: Decision


class RankedCourse(Model):
    """A course in the ranking of its resort. ratings: how many it has; total: their sum; score: ranking.py."""

    course_id: str
    course_name: str
    ratings: int
    total: int
    score: float


class Standing(Model):
    """Where a course stands: its rank, from 1, of so many courses."""

    rank: int
    of: int
    score: float


class ReviewResult(Model):
    """The result.

    reviewed_at, reviewed_by: when and who decided last, a moderator or the screening; None where nobody did. reason:
    the moderator's words. reasons: what the screening found. rank, of, score: the course's, with this review.
    """

    course_id: str
    course_name: str
    resort: str
    user_id: str
    rating: int
    rounds: int
    reviewed_at: str | None = None
    reviewed_by: str | None = None
    reason: str | None = None
    reasons: list[str] = Field(default=[])
    rank: int | None = None
    of: int | None = None
    score: float | None = None
