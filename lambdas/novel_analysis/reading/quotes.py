"""What is said in a paragraph, and what is told: by quotation marks of all four languages, and by leading dashes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from novel_analysis.reading.lexicon import Lexicon

_DOUBLE = r"“[^”]*(?:”|$)|\"[^\"]*(?:\"|$)|「[^」]*(?:」|$)|『[^』]*(?:』|$)|«[^»]*(?:»|$)|﹁[^﹂]*(?:﹂|$)"
_SINGLE = r"‘(?:[^‘’]|’(?=\w))*’(?!\w)|(?<!\w)'(?=\w)(?:[^']|(?<=\w)'(?=\w))*'(?!\w)"
_DOUBLE_QUOTED, _SINGLE_QUOTED = re.compile(_DOUBLE), re.compile(_SINGLE)
_OPENS_DOUBLE, _OPENS_SINGLE = re.compile(r"[“「『«﹁]|\"(?=\w)"), re.compile(r"(?<!\w)[‘'](?=\w)")
_DASHED = re.compile(r"[—―–]\s*(?=\w)")
_DASH_WITHIN = re.compile(r"\s[—―–]\s")
_CLOSING = {"“": "”", '"': '"', "「": "」", "『": "』", "«": "»", "﹁": "﹂", "‘": "’", "'": "'"}
_MARKS = ".,!?…—-。！？，、～~⋯"
_STOPS = ".,!?…—:;。！？，：；、"


@dataclass(frozen=True)
class Piece:
    """A part of a paragraph: what is said, without its quotation marks, or what is told.

    goes_on: whether its quotation is not closed; the next paragraph then goes on with it.
    """

    text: str
    spoken: bool
    goes_on: bool = False


def quoting(text: str) -> re.Pattern[str]:
    """The quotation marks that speech has in a text: single ones only where they are the rule in it."""
    single = len(_OPENS_SINGLE.findall(text)) > len(_OPENS_DOUBLE.findall(text))
    return _SINGLE_QUOTED if single else _DOUBLE_QUOTED


def pieces(paragraph: str, quoted: re.Pattern[str], words: Lexicon) -> list[Piece]:
    """The paragraph's pieces in order, none blank. A quotation that nobody says stays a part of what is told."""
    if _DASHED.match(paragraph) and not quoted.search(paragraph):
        parts = _DASH_WITHIN.split(_DASHED.sub("", paragraph, count=1))
        found = [Piece(part.strip(), number % 2 == 0) for number, part in enumerate(parts)]
    else:
        found = list(_quoted(paragraph, quoted, words))
    return [piece for piece in found if piece.text]


def _quoted(paragraph: str, quoted: re.Pattern[str], words: Lexicon) -> Iterator[Piece]:
    told_from = behind = 0
    for match in quoted.finditer(paragraph):
        before, after = paragraph[max(behind, match.start() - 40) : match.start()], paragraph[match.end() :][:40]
        behind = match.end()
        said = match.group()[1:].removesuffix(_CLOSING[match.group()[0]]).strip()
        if said and _is_said(before, said, after, words):
            yield Piece(paragraph[told_from : match.start()].strip(), spoken=False)
            yield Piece(said, spoken=True, goes_on=not match.group().endswith(_CLOSING[match.group()[0]]))
            told_from = match.end()
    yield Piece(paragraph[told_from:].strip(), spoken=False)


def _is_said(before: str, said: str, after: str, words: Lexicon) -> bool:
    """Speech ends with a mark, is cited by a word, or stands alone; the Gull in: the inn "Gull", does not."""
    if said[-1] in _MARKS or words.cites.match(after) or words.citing.search(before):
        return True
    opens = not before.strip() or before.rstrip()[-1] in _STOPS
    return opens and (not after.strip() or words.bare_quotes)
