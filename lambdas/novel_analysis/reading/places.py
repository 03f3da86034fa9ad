"""The places of a chapter: proper names and place words behind words of place."""

import re
from collections import Counter

from novel_analysis.reading.cast import Cast
from novel_analysis.reading.page import Page

MOST_PLACES = 50


def places(page: Page, cast: Cast) -> dict[str, int]:
    """The places and how often each is named, the most named first."""
    near = Counter(places_in(page.told, page, cast))
    most = sorted(near, key=lambda name: (-near[name], name))[:MOST_PLACES]
    counts = {name: max(near[name], _count(name, page)) for name in most}
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def places_in(text: str, page: Page, cast: Cast, *, here: bool = False) -> list[str]:
    """The places that a text says something is at, goes to or comes from, in the order of the text.

    here: only those where something is.
    """
    found = (each for each in page.words.places.finditer(text) if not here or page.words.here.match(each.group()))
    written = (each["place"].strip() for each in found)
    return [name for each in written if each not in cast.forms and (name := page.words.place(each)) is not None]


def _count(name: str, page: Page) -> int:
    before, behind = page.words.edges
    return len(re.findall(f"{before}{re.escape(name)}{behind}", page.text, re.IGNORECASE if name.islower() else 0))
