"""What a search may say, and what a refusal names."""

from typing import Any

import pytest

from core.errors import InvalidInput
from core.models import validated
from matching.models import Matches, MatchingInput, Profile, Search
from matching.opening import opened
from tests.support.matching import SEARCH, profile, search


def problems(raw: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        validated(MatchingInput, raw)
    return refused.value.problems


def test_a_search_may_be_written_in_snake_case() -> None:
    snake = {
        "search_id": "search-1",
        "seeker": {
            "user_id": "seeker-1",
            "level": 1,
            "languages": ["en", "ko"],
            "disciplines": ["carving", "freeride"],
        },
        "criteria": {"resort": "whistler", "start_date": "2027-01-10", "end_date": "2027-01-16", "kind": "buddy"},
        "callback_url": "https://partner.example.com/hook",
    }
    camel = {**SEARCH, "searchId": "search-1", "callbackUrl": "https://partner.example.com/hook"}
    assert MatchingInput.model_validate(snake) == MatchingInput.model_validate(camel)


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"startDate": "2027-02-30"}, "criteria.startDate", "should be a date such as 2027-01-31"),
        ({"startDate": "20270110"}, "criteria.startDate", "should be a date such as 2027-01-31"),
        ({"startDate": 1799539200}, "criteria.startDate", "Input should be a valid date"),
        ({"endDate": "2027-01-09"}, "criteria.endDate", "is before the start date"),
        ({"endDate": "2027-03-11"}, "criteria.endDate", "makes the search longer than 60 days"),
        ({"minLevel": 3, "maxLevel": 2}, "criteria.maxLevel", "is below the lowest level"),
        ({"maxLevel": 5}, "criteria.maxLevel", "Input should be less than or equal to 4"),
        ({"limit": 21}, "criteria.limit", "Input should be less than or equal to 20"),
        ({"limit": "5"}, "criteria.limit", "Input should be a valid integer"),
        ({"kind": "friend"}, "criteria.kind", "Input should be 'buddy' or 'coach'"),
        ({"certifiedonly": True}, "criteria.certifiedonly", "Extra inputs are not permitted"),
        ({"searchId": "a", "sessionId": "b"}, "searchId", "differs from sessionId, which means the same"),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_the_reason(fields: dict[str, Any], field: str, problem: str) -> None:
    assert problems(search(**fields)) == [(field, problem)]


@pytest.mark.parametrize("resort", ["Whistler", "whistler#2026-27", "", "a" * 65])
def test_a_resort_is_a_slug(resort: str) -> None:
    assert [field for field, _ in problems(search(resort))] == ["criteria.resort"]


def test_a_seeker_rides_and_speaks_something() -> None:
    seeker = {"userId": "a b", "level": -1, "languages": ["english"], "disciplines": []}
    fields = [field for field, _ in problems({**SEARCH, "seeker": seeker})]
    assert fields == ["seeker.userId", "seeker.level", "seeker.languages.0", "seeker.disciplines"]


def test_sixty_days_are_not_too_many() -> None:
    validated(MatchingInput, search(endDate="2027-03-10"))


def test_both_names_of_the_session_may_be_given_if_they_are_the_same() -> None:
    assert validated(MatchingInput, search(searchId="a", sessionId="a")).search_id == "a"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://partner.example.com/",
        "//partner.example.com/",
        "https:///hook",
        "https://user:secret@partner.example.com/",
        "https://partner.example.com@evil.example.com/",
        "https://evil.example.com\\@partner.example.com/",
        "https://partner.example.com/#part",
        "https://partner.example.com/a b",
        "https://partner.example.com/\n",
        "https://partner.example.com:port/",
        "https://[partner/",
        "https://partner.example.com/" + "a" * 2048,
    ],
)
def test_a_callback_url_that_could_be_read_in_two_ways_is_refused(url: str) -> None:
    ((field, problem),) = problems(search(callbackUrl=url))
    assert field == "callbackUrl"
    assert "secret" not in problem


@pytest.mark.parametrize("url", ["http://localhost:8080/hook?search=1", "https://partner.example.com"])
def test_a_callback_url_stays_as_it_was_given(url: str) -> None:
    assert validated(MatchingInput, search(callbackUrl=url)).callback_url == url


@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        ({}, False),
        ({"kind": "coach"}, False),
        ({"certifiedOnly": True}, False),
        ({"kind": "coach", "certifiedOnly": True}, True),
        ({"international": True}, True),
    ],
)
def test_who_comes_from_abroad_or_coaches_with_a_certificate_is_reviewed(fields: dict[str, Any], needed: bool) -> None:
    assert opened(MatchingInput.model_validate(search(**fields)), "search-1", 60).needs_review is needed


def test_an_opened_search_is_complete() -> None:
    made = opened(MatchingInput.model_validate(SEARCH), "execution-1", 60)
    assert (made.search_id, made.review_seconds, made.callback_url) == ("execution-1", 60, None)
    assert made.criteria.languages == ["en", "ko"]  # the seeker's
    asked = opened(MatchingInput.model_validate(search(languages=["ja", "ja"])), "execution-1", 60)
    assert asked.criteria.languages == ["ja"]


def test_an_opened_search_survives_its_way_and_words_of_a_later_version() -> None:
    made = opened(MatchingInput.model_validate(search(callbackUrl="http://localhost/")), "search-1", 60)
    sent = made.model_dump(mode="json", by_alias=True)
    sent["criteria"]["altitude"] = sent["seeker"]["shoeSize"] = sent["sessionId"] = 1
    assert Search.model_validate(sent) == made


def test_a_profile_may_say_more_than_is_read_and_must_say_enough() -> None:
    assert Profile.model_validate({**profile("rider-1"), "name": "not read"}).level == 2
    with pytest.raises(ValueError, match="availability"):
        Profile.model_validate({**profile("rider-1"), "availability": [{"startDate": "soon"}]})


def test_the_result_is_written_in_camel_case() -> None:
    result = Matches(search_id="search-1", kind="buddy", review="not_needed", considered=0, matches=[])
    written = {"searchId": "search-1", "kind": "buddy", "review": "not_needed", "considered": 0, "matches": []}
    assert result.model_dump(mode="json", by_alias=True) == written
