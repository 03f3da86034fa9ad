"""Who fits a search: what is wanted is what nobody lacks, and the best fifty of those go on."""

from collections.abc import Iterable
from datetime import date, timedelta

from matching.models import Candidate, Profile, Search
from matching.scoring import score

MOST_CANDIDATES = 50
"""They travel in a variable of the state machine: docs/matching.md has the size."""


def find(search: Search, profiles: Iterable[Profile]) -> list[Candidate]:
    """The candidates, best first, those of one score by user id; the same for every order of profiles.

    A candidate is of the wanted kind and level, certified where that is asked, speaks a wanted language, and is free on
    a searched day. The seeker never is one. Where a person has rows of two seasons, the later one describes the person.
    """
    fitting = sorted((each for each in profiles if _fits(search, each)), key=lambda each: (each.place, each.user_id))
    latest = {each.user_id: each for each in fitting}
    free: dict[str, set[date]] = {user_id: set() for user_id in latest}
    for each in fitting:
        free[each.user_id] |= _free(search, each)
    candidates = [_candidate(search, profile, len(free[user_id])) for user_id, profile in latest.items()]
    candidates.sort(key=lambda each: (-score(search, each)[0], each.user_id))
    return candidates[:MOST_CANDIDATES]


def _fits(search: Search, profile: Profile) -> bool:
    criteria = search.criteria
    return (
        profile.user_id != search.seeker.user_id
        and criteria.kind in profile.kinds
        and criteria.min_level <= profile.level <= criteria.max_level
        and (profile.certification is not None or not criteria.certified_only)
        and not set(profile.languages).isdisjoint(criteria.languages)
        and bool(_free(search, profile))
    )


def _free(search: Search, profile: Profile) -> set[date]:
    """The searched days on which the person is free, each once, however periods overlap."""
    criteria = search.criteria
    days: set[date] = set()
    for period in profile.availability:
        first, last = max(period.start_date, criteria.start_date), min(period.end_date, criteria.end_date)
        days |= {first + timedelta(days=number) for number in range((last - first).days + 1)}
    return days


def _candidate(search: Search, profile: Profile, days: int) -> Candidate:
    return Candidate(
        user_id=profile.user_id,
        level=profile.level,
        certification=profile.certification,
        languages=sorted(set(profile.languages).intersection(search.criteria.languages)),
        stance=profile.stance,
        disciplines=sorted(set(profile.disciplines).intersection(search.seeker.disciplines)),
        days=days,
    )
