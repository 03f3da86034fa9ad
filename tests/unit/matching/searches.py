"""Searches, profiles and candidates for the tests: ones that fit each other, and hypothesis's idea of any."""

from datetime import date, timedelta
from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st

from matching.models import Candidate, Discipline, Kind, MatchingInput, Period, Profile, Review, Reviews, Search, Stance
from matching.opening import opened
from tests.support import matching

START = date(2027, 1, 10)
deterministic = settings(derandomize=True, deadline=None)


def search(seeker: dict[str, Any] | None = None, **fields: Any) -> Search:
    """A search for a buddy in Whistler for a week of January 2027, with other fields of its seeker or criteria."""
    raw = matching.search(**fields)
    raw = {**raw, "seeker": {**raw["seeker"], **(seeker or {})}}
    return opened(MatchingInput.model_validate(raw), "search-1", review_seconds=60)


def profile(user_id: str = "rider-1", **fields: Any) -> Profile:
    return Profile.model_validate(matching.profile(user_id, **fields))


def candidate(user_id: str = "rider-1", **fields: Any) -> Candidate:
    """Somebody who is free all week and shares one of two languages and one of two disciplines with the seeker."""
    return Candidate.model_validate(
        {"userId": user_id, "level": 1, "languages": ["en"], "disciplines": ["carving"], "days": 7, **fields}
    )


_days = st.integers(-20, 40).map(lambda number: START + timedelta(days=number))
_languages = st.lists(st.sampled_from(["de", "en", "fr", "ko"]), min_size=1, max_size=3, unique=True)
_disciplines = st.lists(st.sampled_from(get_args(Discipline)), min_size=1, max_size=3, unique=True)
_stances = st.none() | st.sampled_from(get_args(Stance))
_user_ids = st.integers(0, 30).map("rider-{}".format)
_levels = st.integers(0, 4)


@st.composite
def searches(draw: st.DrawFn) -> Search:
    lowest = draw(_levels)
    start = draw(_days)
    return search(
        seeker={
            "userId": draw(_user_ids),
            "level": draw(_levels),
            "languages": draw(_languages),
            "stance": draw(_stances),
            "disciplines": draw(_disciplines),
        },
        startDate=start.isoformat(),
        endDate=(start + timedelta(days=draw(st.integers(0, 20)))).isoformat(),
        kind=draw(st.sampled_from(get_args(Kind))),
        minLevel=lowest,
        maxLevel=draw(st.integers(lowest, 4)),
        languages=draw(st.just([]) | _languages),
        certifiedOnly=draw(st.booleans()),
        international=draw(st.booleans()),
        limit=draw(st.integers(1, 20)),
    )


periods = st.builds(
    lambda start, days: Period(start_date=start, end_date=start + timedelta(days=days)), _days, st.integers(0, 30)
)
# Not st.builds(Profile, …): hypothesis would look for patterns in its annotations, and warn.
profiles = st.fixed_dictionaries(
    {
        "place": st.sampled_from(["whistler#2026-27", "whistler#2027"]),
        "user_id": _user_ids,
        "kinds": st.lists(st.sampled_from(get_args(Kind)), min_size=1, max_size=2, unique=True),
        "level": _levels,
        "languages": _languages,
        "stance": _stances,
        "disciplines": _disciplines,
        "certification": st.none() | st.just("CASI"),
        "availability": st.lists(periods, max_size=3),
    }
).map(Profile.model_validate)
many_profiles = st.lists(profiles, max_size=40, unique_by=lambda each: (each.place, each.user_id))
reviews = st.none() | st.lists(
    st.fixed_dictionaries(
        {"user_id": _user_ids, "approved": st.booleans(), "rating": st.none() | st.integers(0, 100)}
    ).map(Review.model_validate),
    max_size=40,
).map(lambda given: Reviews(reviews=given))
