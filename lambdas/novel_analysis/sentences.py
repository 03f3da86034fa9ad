"""Where paragraphs and sentences end, in Chinese, English, Korean and Japanese, by their punctuation alone."""

import re
from collections.abc import Iterator

_CLOSERS = "”’\"'」』）)]】》〉»"
_MARK = re.compile(rf"(?P<mark>[。！？｡‼⁇⁈⁉!?.…]+)(?P<closers>[{re.escape(_CLOSERS)}]*)(?P<gap>\s*)")
_FULL = re.compile("[。！？｡‼⁇⁈⁉]")
"""Marks that stand at ends alone, whatever follows them."""
_ELLIPSIS = re.compile(r"…+\.*|\.{2,}")
_CITED = re.compile("と|って|라고|이라고|라며|하고|하는")
"""How a sentence goes on after what is cited in it, with no space between."""
_EAST = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_EAST_WITHOUT_SPACES = re.compile("[\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff00-\uffef]")
_ABBREVIATION = re.compile(
    r"(?<!\w)(?:mr|mrs|ms|dr|prof|st|mt|capt|lt|col|gen|maj|sgt|rev|hon|messrs|mme|mlle|sr|vs|cf|e\.g|i\.e|fig|vol"
    r"|(?-i:[A-HJ-Z])|(?:\w\.)+\w)$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?<!\w)(?:no|nos|p|pp|ch)$", re.IGNORECASE)
_LONGEST_ABBREVIATION = 8
WRAPPED_FROM = 30
"""Characters; lines of fewer are not wrapped."""
_WRAPPED_TO, _WRAPPED_SHARE = 90, 0.7


def paragraphs(text: str) -> Iterator[str]:
    """The text's paragraphs, none blank: its lines, or where lines are wrapped, its blocks between blank lines."""
    block: list[str] = []
    for line in (*text.split("\n"), ""):
        if line.strip():
            block.append(line)
        elif block:
            yield from [_joined(block)] if _wrapped(block) else [each.strip() for each in block]
            block = []


def sentences(text: str) -> Iterator[str]:
    """The text's sentences, none blank. What is said and who said it are one sentence where grammar ties them."""
    for paragraph in paragraphs(text):
        start = 0
        for end in (*sentence_ends(paragraph), len(paragraph)):
            if sentence := paragraph[start:end].strip():
                yield sentence
            start = end


def sentence_ends(text: str, start: int = 0, end: int | None = None) -> Iterator[int]:
    """The places behind each sentence and its closing quotes and brackets. Line breaks end none."""
    end = len(text) if end is None else end
    quotes = 0
    counted = start
    for found in _MARK.finditer(text, start, end):
        quotes += text.count('"', counted, found.start())
        counted = found.start()
        if found.end() < end and not _is_end(text, found):
            continue
        opened = found["closers"].startswith('"') and quotes % 2 == 0 and not found["gap"] and found.end() < end
        yield found.start("closers") if opened else found.end("closers")


def _is_end(text: str, found: re.Match[str]) -> bool:
    """Whether a mark ends a sentence; there is text behind it."""
    mark, closers, gap = found.group("mark", "closers", "gap")
    before, behind = text[found.start() - 1 : found.start()], text[found.end()]
    if closers and not gap and _CITED.match(text, found.end()):
        return False
    if _FULL.search(mark):
        return True
    if behind.islower() and not _EAST.match(behind):
        return False
    if _ELLIPSIS.fullmatch(mark):
        return bool(gap or closers)
    if mark == ".":
        return bool(gap and not _abbreviated(text, found)) or bool(_EAST.match(before) and _EAST.match(behind))
    return bool(gap or closers or _EAST.match(behind))


def _abbreviated(text: str, found: re.Match[str]) -> bool:
    word = text[max(0, found.start() - _LONGEST_ABBREVIATION) : found.start()]
    if found["closers"]:
        return False
    return bool(_ABBREVIATION.search(word)) or bool(_NUMBERED.search(word) and text[found.end()].isdigit())


def _wrapped(block: list[str]) -> bool:
    """Whether lines are one paragraph: of about one length, some ending within a sentence, only the first indented."""
    full = block[:-1]
    widest = max(map(len, block))
    return (
        bool(full)
        and WRAPPED_FROM <= widest <= _WRAPPED_TO
        and min(map(len, full)) >= _WRAPPED_SHARE * widest
        and not any(line[0].isspace() for line in block[1:])
        and any(ends_within(line) for line in full)
    )


def ends_within(line: str) -> bool:
    """Whether a line breaks off within a sentence."""
    last = line.rstrip().rstrip(_CLOSERS)[-1:]
    return last.isalnum() or last in (",", "，", "、", ";", "；", "-")


def _joined(block: list[str]) -> str:
    paragraph = block[0].strip()
    for line in (each.strip() for each in block[1:]):
        together = _EAST_WITHOUT_SPACES.match(paragraph[-1]) and _EAST_WITHOUT_SPACES.match(line[0])
        paragraph += line if together else f" {line}"
    return paragraph
