"""Claims and publications side by side, repeated, and killed at each of their calls: one review counts once."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from course_review.reviews import Reviews
from course_review.screening import DUPLICATE
from tests.support.course_review import ranking_of, review_of
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.unit.course_review.reviewing import APPROVED, Reviewing, new_author, review

pytestmark = pytest.mark.usefixtures("shared_tables")

REVIEWS = Reviews("reviews-test", "course-rankings-test")
RESORTS = iter(f"resort-{number}" for number in range(1_000))
Call = Callable[[Reviewing], Any]


@pytest.fixture(autouse=True)
def _stopping(shared_tables: pytest.MonkeyPatch) -> Iterator[None]:
    with interleaved():
        yield


def submitted() -> Reviewing:
    """A review at a resort of its own, that takes the place of one that ended: the longest way of a claim."""
    former = Reviewing(resort=next(RESORTS))
    former.screen()
    former.fail()
    return Reviewing(**former.key, resort=former.sent["resort"])


def approved() -> Reviewing:
    """A review at a resort of its own that a moderator has approved."""
    reviewing = Reviewing(resort=next(RESORTS))
    reviewing.screen()
    reviewing.answer = {"decision": APPROVED.model_dump(by_alias=True)}
    return reviewing


def ratings(resort: str) -> list[tuple[int, int]]:
    """How many ratings each course has, and their sum."""
    return [(course["ratings"], course["total"]) for course in ranking_of(resort)]


def in_turns(order: random.Random, deliveries: list[Delivery]) -> list[Any]:
    """The outputs of deliveries that run side by side, in this order."""
    for delivery in deliveries:
        delivery.start()
    while running := [delivery for delivery in deliveries if not delivery.done]:
        order.choice(running).step()
    assert [delivery.error for delivery in deliveries] == [None] * len(deliveries)
    return [delivery.output for delivery in deliveries]


SCREEN: tuple[Callable[[], Reviewing], Call] = (submitted, Reviewing.screened)
PUBLISH: tuple[Callable[[], Reviewing], Call] = (approved, Reviewing.publish)


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize(("prepared", "call"), [SCREEN, PUBLISH], ids=["screen", "publish"])
def test_a_delivery_killed_at_any_of_its_calls_is_made_good_by_the_next(
    prepared: Callable[[], Reviewing], call: Call, fate: Fate
) -> None:
    reviewing = prepared()
    calls = Delivery("counted", partial(call, reviewing)).start().finish().calls
    assert len(calls) > 5
    for fatal in range(len(calls)):
        reviewing = prepared()
        victim = Delivery("victim", partial(call, reviewing)).start()
        for _ in range(fatal):
            victim.step()
        victim.step(fate)
        assert victim.done
        assert victim.output is None
        again = call(reviewing)
        assert call(reviewing) == again
        if call is Reviewing.screened:
            assert (again["reasons"], reviewing.row["sessionId"]) == ([], reviewing.session_id)
        else:
            assert (again["outcome"], again["result"]["rank"]) == ("published", 1)
            assert ratings(reviewing.sent["resort"]) == [(1, 4)]


@pytest.mark.parametrize("former", ["none", "one that failed"])
def test_of_two_reviews_of_one_author_and_course_at_once_one_goes_on(former: str) -> None:
    for seed in range(4):
        key = new_author()
        if former != "none":
            ended = Reviewing(**key)
            ended.screen()
            ended.fail()
        two = [Reviewing(**key), Reviewing(**key)]
        screened = in_turns(random.Random(seed), [Delivery(one.session_id, one.screened) for one in two])
        assert sorted(output["reasons"] for output in screened) == [[], [DUPLICATE]]


def test_two_deliveries_of_a_publication_count_it_once_in_any_order() -> None:
    for seed in range(6):
        reviewing = approved()
        twins = in_turns(random.Random(seed), [Delivery(name, reviewing.publish) for name in ("one", "two")])
        assert twins[0] == twins[1]
        assert ratings(reviewing.sent["resort"]) == [(1, 4)]


def test_reviews_published_at_once_in_one_resort_are_all_counted() -> None:
    for seed in range(2):
        resort = next(RESORTS)
        reviews = [
            review(
                resort=resort, courseId=f"course-{number % 2}", userId=f"rider-{number}-{seed}", rating=1 + number % 5
            )
            for number in range(8)
        ]
        assert all(REVIEWS.claim(each, lambda _: True) for each in reviews)
        in_turns(random.Random(seed), [Delivery(each.user_id, partial(REVIEWS.publish, each)) for each in reviews])
        assert sorted(ratings(resort)) == [(4, 10), (4, 11)]


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("second", range(3))
def test_a_late_publication_and_the_claim_of_its_place_never_both_stand(first: int, second: int) -> None:
    late = review(**new_author(), sessionId="late", resort=next(RESORTS))
    other = late.model_copy(update={"session_id": "other"})
    assert REVIEWS.claim(late, lambda _: True)
    publication = Delivery("publication", partial(REVIEWS.publish, late)).start()
    claim = Delivery("claim", partial(REVIEWS.claim, other, lambda _: False)).start()
    for delivery, calls in ((publication, first), (claim, second)):
        for _ in range(calls):
            if not delivery.done:
                delivery.step()
    publication.finish()
    claim.finish()
    assert (publication.error, claim.error) == (None, None)
    assert (publication.output is None) == claim.output
    row = review_of(late.course_id, late.user_id)
    assert row["status"] == ("in_review" if claim.output else "published")
    assert ratings(late.resort) == ([] if claim.output else [(1, 4)])
