"""course-review's tables in moto, and what tests look up in them."""

from typing import Any

from core import aws, rows


def create_course_review_tables(stage: str) -> None:
    """Creates reviews and course-rankings as infra does."""
    for table, keys in (("reviews", ("courseId", "userId")), ("course-rankings", ("resort",))):
        aws.dynamodb().create_table(
            TableName=f"{table}-{stage}",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": key, "KeyType": "RANGE" if key == "userId" else "HASH"} for key in keys],
        )


def review_of(course_id: str, user_id: str, stage: str = "test") -> Any:
    """The row of an author's review of a course, or None."""
    return rows.get(f"reviews-{stage}", {"courseId": course_id, "userId": user_id})


def ranking_of(resort: str, stage: str = "test") -> list[Any]:
    """The resort's courses, best first."""
    row = rows.get(f"course-rankings-{stage}", {"resort": resort})
    return [] if row is None else list(row["courses"])
