"""The ranking of a resort's courses by their ratings. Pure.

A course's score is the Bayesian average of its ratings: as if it had, beside its own, WEIGHT ratings of MIDDLE. So one
single 5 does not outrank fifty ratings of 4.8 on average, and the more ratings a course has, the more its own count:
https://en.wikipedia.org/wiki/Bayesian_average
"""

from collections.abc import Iterable
from fractions import Fraction

from course_review.models import RankedCourse, Review, Standing

WEIGHT = 5
MIDDLE = 3


def with_rating(courses: Iterable[RankedCourse], review: Review) -> list[RankedCourse]:
    """The courses, best first, after one rating more. Of equal scores the course with more ratings comes first."""
    known = {course.course_id: course for course in courses}
    before = known.get(review.course_id)
    ratings, total = (1, review.rating) if before is None else (before.ratings + 1, before.total + review.rating)
    known[review.course_id] = RankedCourse(
        course_id=review.course_id,
        course_name=review.course_name,
        ratings=ratings,
        total=total,
        score=round(float(_score(ratings, total)), 2),
    )
    return sorted(known.values(), key=lambda each: (-_score(each.ratings, each.total), -each.ratings, each.course_id))


def standing(courses: Iterable[RankedCourse], course_id: str) -> Standing:
    """Where a course stands among the ranked ones, of which it is one."""
    ranked = {course.course_id: course.score for course in courses}
    return Standing(rank=1 + list(ranked).index(course_id), of=len(ranked), score=ranked[course_id])


def _score(ratings: int, total: int) -> Fraction:
    """Exact, so that no rounding decides a rank."""
    return Fraction(WEIGHT * MIDDLE + total, WEIGHT + ratings)
