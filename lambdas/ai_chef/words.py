"""Finding words in a table, in Korean or English, however they are spaced, hyphenated or cased."""

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


def forms(word: str) -> tuple[str, ...]:
    """What an English word may be in the singular and the plural, itself first: each is among the forms of each."""
    fewer = (word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word))
    return (word, *fewer, f"{word}s", f"{word}es", re.sub("y$", "ies", word))


def look_up(table: Mapping[str, T], text: str) -> T | None:
    """What a table by keys holds for a word, be an English one in the singular or the plural."""
    return next((table[form] for form in forms(key(text)) if form in table), None)
