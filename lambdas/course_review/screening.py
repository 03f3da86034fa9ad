"""The automatic screening: what is clearly bad is refused with reasons, and takes no moderator's time. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from course_review.models import Review

TITLE_LENGTH = (2, 80)
TEXT_LENGTH = (10, 4000)
MOST_LINKS = 2
DUPLICATE = "course: you have another review of this course, which is published or under review"

_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_SPELT = re.compile(r"(?<!\w)(\w)\W(?=\w(?!\w))")


def screen(review: Review, banned: Iterable[str]) -> list[str]:
    """Why the review cannot be published; nothing where a moderator is to decide.

    Length counts characters. A banned word is found as a whole word, in any case and any width of its letters, and also
    where it is spelt out: "s.c.a.m", "s c a m".
    """
    title, text, banned = _plain(review.title), _plain(review.text), {_plain(word) for word in banned}
    return [
        *_length("title", review.title, *TITLE_LENGTH),
        *_length("text", review.text, *TEXT_LENGTH),
        *_links("title", title, 0),
        *_links("text", text, MOST_LINKS),
        *_words("title", title, banned),
        *_words("text", text, banned),
    ]


def _length(field: str, given: str, least: int, most: int) -> Iterator[str]:
    if not least <= len(given) <= most:
        yield f"{field}: has {len(given)} characters; {least} to {most} are allowed"


def _links(field: str, plain: str, most: int) -> Iterator[str]:
    links = len(_LINK.findall(plain))
    if links > most:
        yield f"{field}: has {links} links; {most or 'none'} are allowed"


def _words(field: str, plain: str, banned: Iterable[str]) -> Iterator[str]:
    words = {word for spelling in (plain, _SPELT.sub(r"\1", plain)) for word in re.findall(r"\w+", spelling)}
    for word in sorted(words.intersection(banned)):
        yield f"{field}: has the word {word!r}, which is not allowed"


def _plain(given: str) -> str:
    """Letters of one case and width, none that nobody sees, and the underscore as what it is: no letter."""
    seen = (letter for letter in unicodedata.normalize("NFKC", given) if unicodedata.category(letter) != "Cf")
    return "".join(seen).casefold().replace("_", " ")
