"""The searches that both ways are given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WANTED = (
    {"kind": "coach", "certified_only": True},
    {"kind": "buddy", "international": True},
    {"kind": "buddy"},
)
"""In turn: the vendor is asked for the first two, and nobody for the third."""
PLACES = (
    {"resort": "whistler", "start_date": "2027-01-10", "end_date": "2027-01-16"},
    {"resort": "niseko", "start_date": "2027-01-09", "end_date": "2027-01-18"},
    {"resort": "cardrona", "start_date": "2027-08-01", "end_date": "2027-08-13"},
)
"""Where, and when, local/samples/profiles.json has people for each of them."""


@dataclass(frozen=True)
class Search:
    """A search, without its id. waits: whether it waits for the vendor."""

    number: int
    body: Mapping[str, Any]
    waits: bool


def searches(count: int) -> list[Search]:
    """So many different searches, of which two in three wait for the vendor."""
    return [_search(number) for number in range(count)]


def _search(number: int) -> Search:
    wanted = WANTED[number % len(WANTED)]
    place = PLACES[number // len(WANTED) % len(PLACES)]
    seeker = {
        "user_id": f"seeker-{number:03}",
        "level": number % 4,
        "languages": ["en", "ko", "ja"],
        "disciplines": ["carving"] if number % 2 else ["freeride", "park"],
    }
    waits = "certified_only" in wanted or "international" in wanted
    return Search(number, {"seeker": seeker, "criteria": {**place, **wanted}}, waits)
