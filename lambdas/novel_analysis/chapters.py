"""Divides a text into chapters: at its headings, and where there are none or much is between them, by size."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from novel_analysis.errors import EmptyText, TooManyChapters
from novel_analysis.headings import Heading, headings
from novel_analysis.models import Chapter, Chapters, Language
from novel_analysis.sentences import sentence_ends

MOST_CHAPTERS = 5000
LONGEST_CHAPTER = 30_000
"""Characters; a longer one is divided."""
SUBSTANCE = 200
"""Characters before the first heading that are more than a title and names, and so make a chapter."""
CONTENTS = 3
"""So many headings with nothing between them are a table of contents."""

_OPENING: dict[Language, str] = {"zh": "开篇", "en": "Opening", "ko": "서두", "ja": "冒頭"}
_WHOLE: dict[Language, str] = {"zh": "正文", "en": "Text", "ko": "본문", "ja": "本文"}
_SAMPLES, _SAMPLE = 100, 200
_LETTERS_PER_SIGN = 3
_SCRIPTS = {
    "kana": re.compile("[\u3041-\u309f\u30a1-\u30fa]"),
    "hangul": re.compile("[\uac00-\ud7a3]"),
    "han": re.compile("[\u3400-\u9fff]"),
    "latin": re.compile("[A-Za-z\u00c0-\u024f]"),
}
_PARAGRAPH_END = re.compile('\n[ \t\u3000]*\n|(?<=[。！？!?.…”’"」』])[ \t\u3000]*\n')
_SPACE = re.compile(r"\s")


class _Part(NamedTuple):
    """A piece of the text, in characters from `start` to before `end`."""

    title: str
    start: int
    end: int


def split(text: str) -> Chapters:
    """The chapters, in their order. Each character belongs to one, save white space, headings, and the few words that
    may stand before the first chapter, such as a title and an author's name.

    Raises EmptyText, TooManyChapters (both final).
    """
    language = language_of(text)
    parts = [piece for part in _parts(text, language) for piece in _pieces(text, part)]
    if not parts:
        raise EmptyText("The text has nothing in it but white space; send one with words")
    if len(parts) > MOST_CHAPTERS:
        raise TooManyChapters(f"The text has {len(parts):,} chapters; send it in parts of {MOST_CHAPTERS:,} at most")
    chapters, at, offset = [], 0, 0
    for number, part in enumerate(parts, 1):
        start = offset + _bytes(text, at, part.start)
        offset, at = start + _bytes(text, part.start, part.end), part.end
        chapters.append(Chapter(number=number, title=part.title, start=start, end=offset))
    return Chapters(language=language, chapters=chapters)


def language_of(text: str) -> Language:
    """The language that a text's script is of, by samples from all over it. Kana makes Japanese, Hangul Korean."""
    step = max(_SAMPLE, len(text) // _SAMPLES)
    sample = "".join(text[start : start + _SAMPLE] for start in range(0, len(text), step))
    kana, hangul, han, latin = (len(script.findall(sample)) for script in _SCRIPTS.values())
    signs = kana + hangul + han
    if latin >= signs * _LETTERS_PER_SIGN:
        return "en"
    if kana * 10 > signs:
        return "ja"
    return "ko" if hangul * 3 > signs else "zh"


def _parts(text: str, language: Language) -> list[_Part]:
    """What is between headings; the whole text where that is nothing."""
    found = headings(text)
    parts = _between(text, found, _OPENING[language]) if found else []
    return parts or _stripped(text, _WHOLE[language], 0, len(text))


def _between(text: str, found: list[Heading], opening: str) -> list[_Part]:
    parts = _substantial(_stripped(text, opening, 0, found[0].start))
    last = {each.title: each.start for each in found}
    current, within, empty = "", "", list[Heading]()
    for heading, following in zip_longest(found, found[1:]):
        content = _stripped(text, heading.title, heading.end, following.start if following else len(text))
        if not content:
            empty.append(heading)
            continue
        part = empty[-1].title if empty and empty[-1].part and not heading.part else ""
        if heading.title == current and (not empty or part == within):  # it is repeated, as on each page of a book
            parts[-1] = parts[-1]._replace(end=content[0].end)
        elif len(empty) + 1 >= CONTENTS and last[heading.title] > heading.start:
            behind = [content[0]._replace(title=opening)]
            parts += behind if parts else _substantial(behind)
            current = within = ""
        else:
            parts.append(content[0]._replace(title=f"{part} · {heading.title}" if part else heading.title))
            current, within = heading.title, heading.title if heading.part else part or within
        empty = []
    return parts


def _substantial(content: list[_Part]) -> list[_Part]:
    return [part for part in content if part.end - part.start >= SUBSTANCE]


def _stripped(text: str, title: str, start: int, end: int) -> list[_Part]:
    """The one part that is there, without white space around it; none where there is nothing else."""
    content = text[start:end].lstrip()
    start = end - len(content)
    content = content.rstrip()
    return [_Part(title, start, start + len(content))] if content else []


def _pieces(text: str, part: _Part) -> Iterator[_Part]:
    if part.end - part.start <= LONGEST_CHAPTER:
        yield part
        return
    start, number = part.start, 1
    while start < part.end:
        left = part.end - start
        longest = -(-left // -(-left // LONGEST_CHAPTER))  # pieces of about one size
        end = part.end if left <= LONGEST_CHAPTER else _cut(text, start + longest // 2, start + longest)
        for piece in _stripped(text, f"{part.title} ({number})", start, end):  # none where white space is that long
            yield piece
            number += 1
        start = end


def _cut(text: str, start: int, end: int) -> int:
    """The last place to cut at that is after `start` and not after `end`: behind a paragraph, else a sentence, else a
    word, else at `end`.
    """
    for places in (
        (found.end() for found in _PARAGRAPH_END.finditer(text, start, end)),
        sentence_ends(text, start, end - 1),
        (found.end() for found in _SPACE.finditer(text, start, end)),
    ):
        if last := max(places, default=0):
            return last
    return end


def _bytes(text: str, start: int, end: int) -> int:
    return len(text[start:end].encode())
