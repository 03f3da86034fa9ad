"""Cutting a text into parts that a model can be given."""

import re
from collections.abc import Iterator

_ENDS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"""[\u3002\uff01\uff1f\u2026][\u201d\u2019"'\u300d\u300f\uff09)]*|[.!?][\u201d\u2019"')]*\s"""),
    re.compile(r"\s"),
)
"""Ends of paragraphs, of lines, of sentences, of words: where a text is cut, the first that there are."""


def parts(text: str, longest: int) -> Iterator[str]:
    """The text in parts of at most so many characters, none blank, cut as late as there is a place to cut."""
    start = 0
    while len(text) - start > longest:
        end = _cut(text, start, start + longest)
        yield from _solid(text[start:end])
        start = end
    yield from _solid(text[start:])


def _solid(part: str) -> Iterator[str]:
    if part.strip():
        yield part


def _cut(text: str, start: int, end: int) -> int:
    for each in _ENDS:
        found = [match.end() for match in each.finditer(text, start, end)]
        if found and found[-1] > start:
            return found[-1]
    return end
