"""The ranking: a Bayesian average, whatever came when."""

from hypothesis import given
from hypothesis import strategies as st

from course_review.models import RankedCourse
from course_review.ranking import standing, with_rating
from tests.unit.course_review.reviewing import review

Ratings = list[tuple[str, int]]


def ranked(ratings: Ratings) -> list[RankedCourse]:
    """The courses after these ratings, in this order."""
    courses: list[RankedCourse] = []
    for course_id, rating in ratings:
        courses = with_rating(courses, review(courseId=course_id, rating=rating))
    return courses


def order(ratings: Ratings) -> list[str]:
    return [course.course_id for course in ranked(ratings)]


def test_the_score_is_the_mean_with_five_ratings_more_of_three() -> None:
    courses = ranked([("a", 5), ("a", 4), ("b", 2)])
    assert [(course.course_id, course.score) for course in courses] == [("a", 3.43), ("b", 2.83)]
    assert (courses[0].ratings, courses[0].total) == (2, 9)


def test_one_best_rating_does_not_outrank_many_that_are_nearly_as_good() -> None:
    assert order([("new", 5), *[("loved", 5)] * 40, *[("loved", 4)] * 10, ("plain", 3)]) == ["loved", "new", "plain"]


def test_of_equal_scores_the_course_with_more_ratings_comes_first_and_then_the_id() -> None:
    assert order([("b", 3), ("a", 3), ("c", 3), ("c", 3)]) == ["c", "a", "b"]


def test_a_course_stands_among_all_of_its_resort() -> None:
    place = standing(ranked([("a", 5), ("b", 1)]), "b")
    assert (place.rank, place.of, place.score) == (2, 2, 2.67)


def test_the_newest_name_of_a_course_stands() -> None:
    courses = with_rating(ranked([("peak-to-creek", 4)]), review(courseName="Peak to Creek!"))
    assert courses[0].course_name == "Peak to Creek!"


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 5)), max_size=20), st.randoms())
def test_the_order_in_which_ratings_come_changes_nothing(ratings: Ratings, shuffled: object) -> None:
    another = ratings.copy()
    shuffled.shuffle(another)  # type: ignore[attr-defined]
    assert ranked(another) == ranked(ratings)
    assert [course.score for course in ranked(ratings)] == sorted(
        (each.score for each in ranked(ratings)), reverse=True
    )
