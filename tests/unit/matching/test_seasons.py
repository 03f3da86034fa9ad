"""Every day is in one season, and a search in the seasons of its days."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from matching.seasons import places, season_of
from tests.unit.matching.searches import search


@pytest.mark.parametrize(
    ("day", "season"),
    [
        ("2026-11-01", "2026-27"),
        ("2026-12-31", "2026-27"),
        ("2027-01-01", "2026-27"),
        ("2027-05-31", "2026-27"),
        ("2027-06-01", "2027"),
        ("2027-10-31", "2027"),
        ("2027-11-01", "2027-28"),
        ("2099-11-01", "2099-00"),
    ],
)
def test_the_northern_winter_is_named_by_two_years_and_the_southern_by_one(day: str, season: str) -> None:
    assert season_of(date.fromisoformat(day)) == season


def test_a_season_never_comes_again() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(3 * 365)]
    seasons = [season_of(day) for day in days]
    changes = [later for earlier, later in pairwise(seasons) if earlier != later]
    assert len(changes) == len(set(changes)) == 6


def test_a_search_within_a_season_is_at_one_place() -> None:
    assert places(search().criteria) == ["whistler#2026-27"]


def test_a_search_over_the_end_of_a_season_is_at_two_places() -> None:
    criteria = search(startDate="2027-05-20", endDate="2027-06-10").criteria
    assert places(criteria) == ["whistler#2026-27", "whistler#2027"]
