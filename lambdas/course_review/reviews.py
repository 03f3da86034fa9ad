"""Table `reviews` (keys courseId, userId): of each author's review of each course, the session that has it in review,
and once it is published the review; and table `course-rankings` (key resort): the resort's courses, best first.

    in_review → published
    in_review → in_review of another session, once the first has ended

Whoever ends without publishing need not give the row back: the next session takes it over.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from core import aws, rows
from core.clock import now
from course_review.errors import ReviewBusy
from course_review.models import ModeratedReview, RankedCourse, Review, Standing
from course_review.ranking import standing, with_rating

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import PutTypeDef

_TRIES = 10


class ReviewStatus(StrEnum):
    IN_REVIEW = "in_review"
    PUBLISHED = "published"


class Reviews:
    """The two tables. Both methods raise ReviewBusy when others write to the same rows at the same time."""

    def __init__(self, table: str, rankings: str = "") -> None:
        self._table, self._rankings = table, rankings

    def claim(self, review: Review, is_open: Callable[[str], bool]) -> bool:
        """Has this session alone review what this author says of this course; repeating it gives the same.

        is_open: whether a session has not ended. False where a review is published, or an open session has it.
        """
        holder = review.session_id
        while (there := self._take(review, holder)) is not None:
            holder = there["sessionId"]
            if there["status"] == ReviewStatus.PUBLISHED or (holder != review.session_id and is_open(holder)):
                return False
        return True

    def publish(self, review: ModeratedReview) -> Standing | None:
        """Publishes the review and counts its rating, both or neither; returns where the course then stands.

        A repeated delivery finds the review published, and counts nothing. None where another session has taken the
        row over: this one had ended, and was retried.
        """
        for _ in range(_TRIES):
            version, courses = self._ranking(review.resort)
            ranked = with_rating(courses, review)
            puts = self._published(review), self._ranked(review.resort, ranked, version + 1)
            reasons = rows.transact([{"Put": put} for put in puts])
            if not reasons:
                return standing(ranked, review.course_id)
            if reasons[0]["Code"] == rows.REFUSED:
                own = rows.from_item(reasons[0]["Item"])["sessionId"] == review.session_id
                return standing(self._ranking(review.resort)[1], review.course_id) if own else None
        raise ReviewBusy(f"others keep publishing reviews of {review.resort}")

    def _ranking(self, resort: str) -> tuple[int, list[RankedCourse]]:
        """The resort's ranking as it is now, with its version."""
        row = rows.get(self._rankings, {"resort": resort}) or {"version": 0, "courses": []}
        return row["version"], [RankedCourse.model_validate(course) for course in row["courses"]]

    def _take(self, review: Review, holder: str) -> rows.Json | None:
        """Takes the row if there is none, or `holder` has it under review: None if it did, else the row as it is."""
        try:
            aws.dynamodb().put_item(**self._held(review, holder, {"status": ReviewStatus.IN_REVIEW}))
        except ClientError as error:
            if error.response["Error"]["Code"] == "TransactionConflictException":
                raise ReviewBusy("another session publishes a review of the same author and course") from error
            return rows.refused(error)
        return None

    def _published(self, review: ModeratedReview) -> "PutTypeDef":
        fields = {
            **review.model_dump(by_alias=True, include={"course_name", "resort", "rating", "title", "text"}),
            "status": ReviewStatus.PUBLISHED,
            "reviewedAt": review.decision.at,
            "reviewedBy": review.decision.by,
        }
        return self._held(review, review.session_id, fields)

    def _held(self, review: Review, holder: str, fields: rows.Json) -> "PutTypeDef":
        """The row as this session wants it, where there is none or `holder` has it under review."""
        keys = review.model_dump(by_alias=True, include={"course_id", "user_id", "session_id"})
        return {
            "TableName": self._table,
            "Item": rows.to_item({**keys, **fields, "updatedAt": now()}),
            "ConditionExpression": "attribute_not_exists(courseId) OR (sessionId = :holder AND #status = :in_review)",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": rows.to_item({":holder": holder, ":in_review": ReviewStatus.IN_REVIEW}),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _ranked(self, resort: str, courses: list[RankedCourse], version: int) -> "PutTypeDef":
        ranked = [course.model_dump(by_alias=True) for course in courses]
        return {
            "TableName": self._rankings,
            "Item": rows.to_item({"resort": resort, "version": version, "courses": ranked, "updatedAt": now()}),
            "ConditionExpression": "attribute_not_exists(resort) OR version = :seen",
            "ExpressionAttributeValues": rows.to_item({":seen": version - 1}),
        }
