"""Seasons: the northern winter lasts from November to May and is called "2026-27"; the southern one from June to
October, and is called "2027". Every day belongs to exactly one.
"""

from datetime import date, timedelta

from matching.models import Criteria


def season_of(day: date) -> str:
    """The season that a day is in, e.g. "2026-27"."""
    if 6 <= day.month <= 10:
        return str(day.year)
    first = day.year if day.month >= 11 else day.year - 1
    return f"{first}-{(first + 1) % 100:02}"


def places(criteria: Criteria) -> list[str]:
    """The partitions of table `profiles` that a search is in, e.g. ["whistler#2026-27"]; two where a season ends."""
    days = (criteria.start_date + timedelta(days=number) for number in range(criteria.days))
    return list(dict.fromkeys(f"{criteria.resort}#{season_of(day)}" for day in days))
