"""Who fits a search."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.finding import MOST_CANDIDATES, find
from matching.models import Profile, Search
from matching.scoring import score
from tests.unit.matching.searches import deterministic, many_profiles, profile, search, searches

LAST_WEEK = [{"startDate": "2027-01-03", "endDate": "2027-01-09"}]


def found(asked: Search, *profiles: Profile) -> list[str]:
    return [each.user_id for each in find(asked, profiles)]


@pytest.mark.parametrize(
    ("wanted", "lacking"),
    [
        ({}, {"kinds": ["coach"]}),
        ({"minLevel": 2}, {"level": 1}),
        ({"maxLevel": 3}, {"level": 4}),
        ({}, {"languages": ["ja"]}),
        ({"languages": ["ko"]}, {"languages": ["en"]}),
        ({"certifiedOnly": True}, {"certification": None}),
        ({}, {"availability": LAST_WEEK}),
        ({}, {"availability": []}),
        ({}, {"userId": "seeker-1"}),
    ],
)
def test_who_lacks_one_thing_that_is_wanted_is_not_found(wanted: dict[str, Any], lacking: dict[str, Any]) -> None:
    asked = search(**wanted)
    fits = profile("rider-1", languages=["en", "ko"])
    assert found(asked, fits, profile(lacking.pop("userId", "rider-2"), **lacking)) == ["rider-1"]


def test_days_are_counted_once_however_periods_overlap_and_at_both_ends() -> None:
    free = [
        {"startDate": "2027-01-01", "endDate": "2027-01-11"},
        {"startDate": "2027-01-11", "endDate": "2027-01-12"},
        {"startDate": "2027-01-16", "endDate": "2027-02-16"},
        {"startDate": "2027-01-15", "endDate": "2027-01-14"},
    ]
    (candidate,) = find(search(), [profile(availability=free)])
    assert candidate.days == 4


def test_a_person_of_two_seasons_is_found_once_with_the_days_of_both_as_the_later_season_says() -> None:
    asked = search(startDate="2027-05-30", endDate="2027-06-02")
    free = [{"startDate": "2027-05-31", "endDate": "2027-06-30"}]
    winter = profile(level=1, availability=[{"startDate": "2027-05-01", "endDate": "2027-05-31"}])
    summer = profile(season="2027", level=2, availability=free)
    for order in ([winter, summer], [summer, winter]):
        (candidate,) = find(asked, order)
        assert (candidate.level, candidate.days) == (2, 4)


def test_of_a_person_only_what_the_search_asks_for_is_handed_on() -> None:
    (candidate,) = find(search(), [profile(languages=["ja", "ko", "en"], disciplines=["race", "carving"])])
    assert (candidate.languages, candidate.disciplines) == (["en", "ko"], ["carving"])


def test_the_best_fifty_go_on_and_are_small() -> None:
    long = "a" * 61
    everybody = [
        profile(f"{long}{number:03}", languages=["en", "ko"], disciplines=["carving", "freeride"], level=number % 5)
        for number in range(200)
    ]
    candidates = find(search(), everybody)
    assert len(candidates) == MOST_CANDIDATES
    assert [each.level for each in candidates[:40]] == [1] * 40  # the seeker's
    assert {each.level for each in candidates[40:]} == {0, 2}
    size = len(json.dumps([each.model_dump(mode="json", by_alias=True) for each in candidates]))
    assert size < 14_000, size


@deterministic
@given(searches(), many_profiles, st.randoms())
def test_whoever_is_found_fits_and_is_somebody_else_in_whatever_order_profiles_come(
    asked: Search, profiles: list[Profile], random: Any
) -> None:
    candidates = find(asked, profiles)
    shuffled = list(profiles)
    random.shuffle(shuffled)
    assert find(asked, shuffled) == candidates
    for each in candidates:
        assert each.user_id != asked.seeker.user_id
        assert asked.criteria.min_level <= each.level <= asked.criteria.max_level
        assert each.languages
        assert 1 <= each.days <= asked.criteria.days
        assert each.certification or not asked.criteria.certified_only
    ranks = [(-score(asked, each)[0], each.user_id) for each in candidates]
    assert ranks == sorted(set(ranks))
