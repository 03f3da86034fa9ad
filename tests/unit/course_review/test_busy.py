"""What DynamoDB says when others write to the same rows at the same time, which no test can have happen at will."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from core import aws
from course_review.errors import ReviewBusy
from course_review.reviews import Reviews
from tests.support.course_review import ranking_of, review_of
from tests.unit.course_review.reviewing import new_author, review

pytestmark = pytest.mark.usefixtures("shared_tables")

REVIEWS = Reviews("reviews-test", "course-rankings-test")


@pytest.fixture(autouse=True)
def own_client() -> Iterator[None]:
    """No other test may meet a client that refuses."""
    yield
    aws.dynamodb.cache_clear()


def refuse(operation: str, code: str, *reasons: str) -> None:
    """From now on DynamoDB answers this operation so."""
    answer = {
        "Error": {"Code": code, "Message": code},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    http = SimpleNamespace(status_code=400)
    events: Any = aws.dynamodb().meta.events
    events.register(f"before-call.dynamodb.{operation}", lambda **_: (http, answer))


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ConditionalCheckFailed"])
def test_a_ranking_that_others_keep_writing_to_is_tried_again_later(reason: str) -> None:
    one = review(**new_author())
    REVIEWS.claim(one, lambda _: True)
    refuse("TransactWriteItems", "TransactionCanceledException", "None", reason)
    with pytest.raises(ReviewBusy, match="whistler"):
        REVIEWS.publish(one)
    assert review_of(one.course_id, one.user_id)["status"] == "in_review"
    assert ranking_of("whistler") == []


def test_a_transaction_that_is_wrong_is_no_collision() -> None:
    refuse("TransactWriteItems", "TransactionCanceledException", "None", "ValidationError")
    with pytest.raises(ClientError):
        REVIEWS.publish(review())


def test_a_row_that_a_transaction_holds_is_tried_again() -> None:
    refuse("PutItem", "TransactionConflictException")
    with pytest.raises(ReviewBusy):
        REVIEWS.claim(review(), lambda _: True)
