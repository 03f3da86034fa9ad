"""Which lines of a novel are headings of its chapters, in Chinese, English, Korean and Japanese.

A heading has a line of its own that does not go on a sentence of the line before, and is short. What follows its number
is a title: no clause that the number begins, and no sentence with its full stop, unless nothing is beside it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from novel_analysis.errors import TooManyChapters
from novel_analysis.sentences import WRAPPED_FROM, ends_within, sentence_ends

MOST_HEADINGS = 100_000
"""Of all lines that look like one, those of contents and those repeated on each page among them."""
_LONGEST = 80
_LONGEST_EAST = 45
_BLANK = " \t\f\v\u00a0\u3000\u200b\ufeff"
"""White space, and what has no width: the form feed of a new page, marks that came with pasted lines."""
_DECORATION = f"{_BLANK}#*=_~-—【】[]"
_BODY = "正文"
"""What sites write before each heading of a novel, to tell it from notices."""
_COUNT = r"[\d〇零一二两兩三四五六七八九十百千万萬廿卅]{1,9}"
_KOREAN_COUNT = r"(?:\d{1,4}|[일이삼사오육칠팔구십백]{1,5})"
_ROMAN = r"(?=[ivxlcdm])m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})"
_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)"
)
_GAP = r"(?P<gap>[\s:：.．、・·|｜—–―-]*)(?P<title>.*)"
_EAST = re.compile(
    rf"(?:第\s*{_COUNT}\s*(?:(?P<close>[章节節])|(?P<part>[卷巻部篇集])|[回幕折話话])|(?P<volume>[卷巻])\s*{_COUNT}"
    rf"|제\s*{_KOREAN_COUNT}\s*(?:[장화회막]|(?P<korean_part>[부권편]))|\d{{1,4}}\s*(?:[장화회막]|(?P<korean_volume>[부권]))"
    r"|(?P<unnumbered>序章|序幕|序言|楔子|引子|前言|尾声|尾聲|终章|終章|后记|後記|番外篇?|外传|外傳|幕間|プロローグ"
    r"|エピローグ|あとがき|프롤로그|에필로그|서장|종장|서문|외전|번외|막간|후기)(?:\s*"
    rf"{_COUNT})?){_GAP}"
)
_LATIN = re.compile(
    rf"(?:(?:chapter|episode|(?P<part>part|book|volume|act))\s+(?:\d{{1,4}}|{_ROMAN}|{_WORD}(?:[\s-]{_WORD})*)\b"
    rf"|(?P<unnumbered>prologue|epilogue|preface|foreword|introduction|afterword|interlude)\b){_GAP}",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"[(（]?(?P<count>\d{{1,3}}|[ivxlc]+|[\u2160-\u217f]+|[一二三四五六七八九十]+)[)）]?{_GAP}", re.IGNORECASE
)
_LINE = re.compile(r"[^\n]+")
_BLANK_BEHIND = re.compile(rf"\Z|\n[{_BLANK}]*(?:\n|\Z)")
_TENS = ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC")
_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_EASTERN_ONES = ("", *"一二三四五六七八九")
_EASTERN_TENS = ("", "十", *(f"{ones}十" for ones in _EASTERN_ONES[2:]))
_NUMBERS = {str(number): number for number in range(1, 1000)} | {
    tens + ones: number
    for written in (product(_TENS, _ONES), product(_EASTERN_TENS, _EASTERN_ONES))
    for number, (tens, ones) in enumerate(written)
}
"""What bare numbers count, as far as there are chapters so called."""


@dataclass(frozen=True)
class Heading:
    """A heading's line, from `start` to before `end` in characters. part: of several chapters, such as a volume."""

    start: int
    end: int
    title: str
    part: bool = False
    numbered: bool = True


def headings(text: str) -> list[Heading]:
    """The text's headings in their order. Bare numbers count where they make a sequence with text between them, and no
    chapter has more.

    Raises TooManyChapters.
    """
    named: list[Heading] = []
    bare: list[tuple[int, Heading]] = []
    for line, before in _short_lines(text):
        title = line.group().strip(_DECORATION)
        heading, count = _heading(line, title, before), _BARE.fullmatch(title)
        if heading and not (_goes_on(before) and not _follows(line, named)):
            named.append(heading)
        elif count and _titled(count, latin=True) and (before is None or not (count["title"] or _goes_on(before))):
            number = unicodedata.normalize("NFKC", count["count"]).upper()
            bare.append((_NUMBERS.get(number, 0), Heading(line.start(), line.end(), title)))
        if len(named) + len(bare) > MOST_HEADINGS:
            raise TooManyChapters(
                f"More than {MOST_HEADINGS:,} lines of the text look like headings; send a novel's text"
            )
    if not any(each.numbered and not each.part for each in named):
        named += _sequence(_without_lists(text, bare))
    return sorted(named, key=lambda each: each.start)


def _short_lines(text: str) -> Iterator[tuple[re.Match[str], str | None]]:
    """Each line that is short enough, and the line directly before it; None where that is blank."""
    before: re.Match[str] | None = None
    for line in _LINE.finditer(text):
        if line.end() - line.start() <= _LONGEST:
            beside = before is not None and before.end() + 1 == line.start()
            yield line, (before.group().strip(_BLANK) or None) if before is not None and beside else None
        before = line


def _goes_on(before: str | None) -> bool:
    return before is not None and len(before) >= WRAPPED_FROM and ends_within(before)


def _follows(line: re.Match[str], named: list[Heading]) -> bool:
    return bool(named) and named[-1].end + 1 == line.start()


def _heading(line: re.Match[str], title: str, before: str | None) -> Heading | None:
    if found := _EAST.match(title.removeprefix(_BODY).lstrip()):
        fits = len(title) <= _LONGEST_EAST and _titled(found, latin=False)
        part = any(found[name] for name in ("part", "volume", "korean_part", "korean_volume"))
    elif found := _LATIN.match(title):
        chapter = not (found["part"] or found["unnumbered"])
        alone = chapter and before is None and _BLANK_BEHIND.match(line.string, line.end()) is not None
        fits, part = _titled(found, latin=True, alone=alone), bool(found["part"])
    else:
        return None
    return Heading(line.start(), line.end(), title, part, not found["unnumbered"]) if fits else None


def _titled(found: re.Match[str], *, latin: bool, alone: bool = False) -> bool:
    """Whether what follows the number is a title, or nothing. alone: a chapter's, between blank lines."""
    gap, title = found.group("gap", "title")
    if not title:
        return True
    if title[-1] == "." and not title.isupper() and not (alone and title[0].isupper() and {*gap} & {".", ":"}):
        return False
    if title[-1] in "。，、；,;" or len([*sentence_ends(title)]) > 1:
        return False
    if gap.strip():
        return True
    if latin:
        return bool(gap) and not title[0].islower()
    return bool(gap) or (bool(found["close"]) and title[-1] not in "！？!?…”」")


def _without_lists(text: str, bare: list[tuple[int, Heading]]) -> Iterator[tuple[int, Heading]]:
    """Numbers from 1 on with nothing between them are a list's. But they are a table of contents where their titles
    come again, and a book's first chapters, some without a text, where the next number goes on with them.
    """
    runs: list[list[tuple[int, Heading]]] = []
    for number, heading in bare:
        before, above = runs[-1][-1] if runs else (number, heading)
        if number == before + 1 and not text[above.end : heading.start].strip():
            runs[-1].append((number, heading))
        else:
            runs.append([(number, heading)])
    chapters = {run[0][1].title: run[0][1].start for run in runs if len(run) == 1}
    for index, run in enumerate(runs):
        number, last = run[-1]
        first = index == 0 and len(runs) > 1 and runs[1][0][0] == number + 1
        if len(run) == 1 or run[0][0] != 1 or first or chapters.get(last.title, 0) > last.start:
            yield from run


def _sequence(bare: Iterable[tuple[int, Heading]]) -> list[Heading]:
    """Those whose numbers follow one another from 1, and from 1 again."""
    found: list[Heading] = []
    following = 1
    for number, heading in bare:
        if number in (following, 1):
            found.append(heading)
            following = number + 1
    return found if len(found) > 1 else []
