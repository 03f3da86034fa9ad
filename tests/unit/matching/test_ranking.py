"""The score, its reasons, and the result."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.finding import find
from matching.models import Candidate, Profile, Reviews, Search
from matching.ranking import outcome, rank, readable
from matching.scoring import PARTS, RATING_WEIGHT, score
from tests.unit.matching.searches import candidate, deterministic, many_profiles, reviews, search, searches

COACH: dict[str, Any] = {"kind": "coach", "certifiedOnly": True}


def said(*each: dict[str, Any]) -> Reviews:
    return Reviews.model_validate({"reviews": list(each)})


def points(of: Candidate, asked: Search | None = None, rating: float | None = None) -> int:
    return score(asked or search(), of, rating)[0]


def test_the_weights_make_a_hundred() -> None:
    assert sum(weight for weight, _ in PARTS.values()) + RATING_WEIGHT == 100


def test_who_fits_in_everything_has_all_points_rated_or_not() -> None:
    asked = search(seeker={"stance": "goofy"}, kind="coach")
    best = candidate(
        level=2, languages=["en", "ko"], disciplines=["carving", "freeride"], stance="goofy", certification="CASI"
    )
    assert points(best, asked) == points(best, asked, 100) == 100
    assert points(best, asked, 0) == 90


@pytest.mark.parametrize(("kind", "shares"), [("buddy", [15, 20, 15, 10, 5]), ("coach", [0, 10, 20, 20, 20])])
def test_a_buddy_is_best_at_the_same_level_and_a_coach_above_it(kind: str, shares: list[int]) -> None:
    """The seeker has level 1; nobody else's part changes."""
    asked = search(kind=kind)
    of_all = [points(candidate(level=level), asked) for level in range(5)]
    lowest = points(candidate(level=4 if kind == "buddy" else 0), asked)
    assert [each - lowest for each in of_all] == pytest.approx(
        [25 / 85 * 100 * (share - min(shares)) / 20 for share in shares], abs=1
    )


def test_every_match_says_why() -> None:
    asked = search(seeker={"stance": "goofy"}, **COACH)
    coach = candidate(level=3, days=5, stance="goofy", certification="CASI")
    (match,) = rank(asked, [coach], said({"userId": "rider-1", "approved": True, "rating": 84})).matches
    assert match.reasons == [
        "CASI level 3, 2 above yours.",
        "Free on 5 of 7 days.",
        "Speaks en.",
        "Rides carving, as you do.",
        "Rides goofy, as you do.",
        "Certified by CASI.",
        "The vendor rates 84 of 100.",
        "Approved by the vendor.",
    ]


def test_what_is_missing_is_no_reason() -> None:
    asked = search(seeker={"stance": "goofy"})
    other = candidate(level=0, disciplines=[], stance="regular")
    assert score(asked, other)[1] == ["No CASI level, 1 below yours.", "Free on 7 of 7 days.", "Speaks en."]


def test_a_stance_that_one_of_them_does_not_tell_counts_neither_way() -> None:
    goofy = search(seeker={"stance": "goofy"})
    untold, same, other = candidate(), candidate(stance="goofy"), candidate(stance="regular")
    assert points(untold, goofy) == points(untold)
    assert points(same, goofy) > points(untold, goofy) > points(other, goofy)


def test_ties_go_by_user_id_and_the_limit_holds() -> None:
    tied = [candidate(f"rider-{number}") for number in (3, 1, 2)]
    result = rank(search(limit=2), tied, None)
    assert [match.user_id for match in result.matches] == ["rider-1", "rider-2"]
    assert (result.considered, result.review, outcome(result)) == (3, "not_needed", "matched")


def test_whom_the_vendor_rejects_goes_and_whom_it_leaves_out_stays_unreviewed() -> None:
    three = [candidate(f"rider-{number}") for number in (1, 2, 3)]
    answer = said({"userId": "rider-1", "approved": False}, {"userId": "rider-2", "approved": True})
    result = rank(search(**COACH), three, answer)
    assert [(match.user_id, match.reviewed) for match in result.matches] == [("rider-2", True), ("rider-3", False)]
    assert (result.considered, result.review, outcome(result)) == (3, "reviewed", "matched")


def test_where_the_vendor_contradicts_itself_a_rejection_stands() -> None:
    answer = [{"userId": "rider-1", "approved": approved} for approved in (True, False, True)]
    assert outcome(rank(search(**COACH), [candidate()], said(*answer))) == "no_matches"


def test_without_the_vendor_s_word_the_matches_are_unreviewed() -> None:
    result = rank(search(**COACH), [candidate()], None)
    assert (result.review, outcome(result)) == ("unreviewed", "unreviewed")


def test_where_there_is_no_candidate_there_was_nothing_to_review() -> None:
    result = rank(search(**COACH), [], None)
    assert (result.review, outcome(result)) == ("not_needed", "no_matches")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "approved",
        [],
        {},
        {"reviews": None},
        {"reviews": [{"userId": "rider-1"}]},
        {"reviews": [{"userId": "rider-1", "approved": "yes"}]},
        {"reviews": [{"userId": "rider-1", "approved": True, "rating": 101}]},
        {"reviews": [{"userId": "rider-1", "approved": True, "rating": "9"}]},
    ],
)
def test_an_answer_out_of_protocol_is_none(answer: object) -> None:
    assert readable(answer) is None


@pytest.mark.parametrize("rating", [None, 0, 84, 99.5, 100])
def test_an_answer_in_protocol_is_read_whatever_else_it_says(rating: float | None) -> None:
    read = readable({"reviews": [{"userId": "rider-1", "approved": True, "rating": rating, "x": 1}], "by": "us"})
    assert read is not None
    assert read.reviews[0].rating == rating


@deterministic
@given(searches(), many_profiles, reviews, st.randoms())
def test_a_result_is_the_same_for_every_order_within_bounds_and_without_whom_nobody_wants(
    asked: Search, profiles: list[Profile], answer: Reviews | None, random: Any
) -> None:
    candidates = find(asked, profiles)
    result = rank(asked, candidates, answer)
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert rank(asked, shuffled, answer) == result
    matched = [match.user_id for match in result.matches]
    rejected = {review.user_id for review in answer.reviews if not review.approved} if answer else set()
    assert len(set(matched)) == len(matched) <= asked.criteria.limit
    assert not {asked.seeker.user_id, *rejected} & set(matched)
    assert all(0 <= match.score <= 100 and match.reasons for match in result.matches)
    order = [(-match.score, match.user_id) for match in result.matches]
    assert order == sorted(order)


@deterministic
@given(searches(), many_profiles, st.data())
def test_more_of_what_is_wanted_never_lowers_a_score(
    asked: Search, profiles: list[Profile], data: st.DataObject
) -> None:
    rating = data.draw(st.integers(0, 99))
    for each in find(asked, profiles):
        days = data.draw(st.integers(each.days, asked.criteria.days))
        better = [
            each.model_copy(update={"days": days}),
            each.model_copy(update={"languages": asked.criteria.languages}),
            each.model_copy(update={"disciplines": asked.seeker.disciplines}),
            each.model_copy(update={"certification": "CASI"}),
        ]
        assert all(points(one, asked) >= points(each, asked) for one in better)
        assert points(each, asked, rating + 1) >= points(each, asked, rating)
