"""What moderators and the author are asked and told."""

from core.clock import ahead
from core.notifications import Notification
from core.questions import Approval, Fact
from course_review.models import MOST_ROUNDS, ModeratedReview, Review, ReviewResult


def question(review: Review, moderators: tuple[str, ...]) -> Approval:
    """Whether the review is to be published, asked of moderators; the author is told that it is asked."""
    facts = {
        "Course": review.course_name,
        "Resort": review.resort,
        "Rating": f"{review.rating} of 5",
        "Title": review.title,
        "Review": review.text,
        "Round": f"{review.round} of {MOST_ROUNDS}",
    }
    last = review.round >= MOST_ROUNDS
    return Approval(
        title=f"Publish the review of {review.course_name}?",
        asked_by=review.user_id,
        facts=[Fact(label=label, value=value) for label, value in facts.items()],
        accepts=("approve", "reject") if last else ("approve", "reject", "request_changes"),
        approvers=moderators,
        expires_in=review.moderation_seconds,
        notices=(_told(review, "under review", "It waits for a moderator."),),
    )


def request_for_changes(review: ModeratedReview) -> Notification:
    """What the author is told when a moderator asks for changes."""
    says = [
        "A moderator asks for changes before the review is published.",
        f"Send it again until {ahead(review.revision_seconds)}.",
    ]
    if review.decision.comment:
        says.append(f"The moderator's words: {review.decision.comment}")
    return _told(review, "to be changed", *says)


def ending(review: Review, outcome: str, result: ReviewResult) -> Notification:
    """What the author is told at the end."""
    says = []
    if result.rank is not None:
        says.append(f"The course is now number {result.rank} of {result.of} in {result.resort}.")
    if result.reason:
        says.append(f"The moderator's words: {result.reason}")
    if outcome == "expired":
        says.append("Time ran out before it was decided." if result.reviewed_at is None else "No changes came in time.")
    return _told(review, outcome, *says, *result.reasons)


def _told(review: Review, what: str, *says: str) -> Notification:
    return Notification(
        audience="members",
        recipient=review.user_id,
        workflow="course-review",
        session_id=review.session_id,
        subject=f"Your review of {review.course_name}: {what}",
        text="\n".join([f"Your review “{review.title}” of {review.course_name} is {what}.", *says]),
    )
