"""Finding people's words in a table, in Korean or English, however they are spaced, hyphenated or cased."""

import re
import unicodedata
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


class UnknownWord(ValueError):
    """A word that a table does not hold; says which ones it does. It leaves the word out: it may be about health."""


_GAPS = re.compile(r"[\W_]+")
_SUFFIXES = re.compile(r"(알레르기|알러지|allergy|allergies|intolerance)$")


def key(text: str) -> str:
    """What two spellings of a word have in common: `Tree-nut allergy` and `treenut` have the same key."""
    return _SUFFIXES.sub("", _GAPS.sub("", unicodedata.normalize("NFKC", text).casefold()))


def look_up(table: Mapping[str, T], text: str) -> T | None:
    """What a table by keys holds for a word, be an English one in the singular or the plural."""
    word = key(text)
    forms = (word, f"{word}s", word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word))
    return next((table[form] for form in forms if form in table), None)
