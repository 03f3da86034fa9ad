"""A scene as a row of beats: what is seen, what the narrator adds, and what is said."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from novel_analysis.reading.cast import Cast, Thread
from novel_analysis.reading.page import Page
from novel_analysis.reading.quotes import Piece
from novel_analysis.reading.speakers import speakers
from novel_analysis.sentences import sentence_ends

LONGEST_ACTION = 160
LONGEST_LINE = 200
"""Letters; East Asian writing says as much in half of them."""
MOST_WITH_NOBODY = 3

Kind = Literal["seen", "told", "said"]


@dataclass(frozen=True)
class Beat:
    """kind: `seen`, `told` by the narrator, or `said`. of: who is in it, or who speaks. joined: told behind speech."""

    kind: Kind
    text: str
    of: tuple[str, ...] = ()
    joined: bool = False


def beats(scene: list[list[Piece]], cast: Cast, page: Page) -> Iterator[Beat]:
    """The scene's beats in order.

    Everything said is in them. Of what is told, only what says no more than who speaks is left out, and of sentences
    in a row that show nobody those after the third.
    """
    thread = Thread(cast, page)
    nobody = 0
    for paragraph, speaker in zip(scene, speakers(scene, cast, page), strict=True):
        talked = any(piece.spoken for piece in paragraph)
        nobody, spoke = 0 if talked else nobody, False
        for piece in _gathered(paragraph, page) if talked else paragraph:
            if piece.spoken:
                yield from _said(piece.text, speaker, thread, page)
                spoke = True
                continue
            for beat in _told(piece.text, talked, spoke, cast, page, thread):
                nobody = nobody + 1 if beat.kind == "seen" and not beat.of and not page.words.i.search(beat.text) else 0
                if nobody <= MOST_WITH_NOBODY:
                    yield beat


def _gathered(paragraph: list[Piece], page: Page) -> list[Piece]:
    """The pieces without those that only say who speaks; what is said around such a one is said in one."""
    found: list[Piece] = []
    for piece in paragraph:
        if not piece.spoken and _only_says(piece.text, page):
            if found and piece.text.endswith("."):
                found[-1] = Piece(_closed(found[-1].text), found[-1].spoken)
            continue
        if piece.spoken and found and found[-1].spoken:
            space = " " if page.words.spaces else "" if not found[-1].text[-1].isalnum() else "。"
            found[-1] = Piece(f"{found[-1].text}{space}{piece.text}", spoken=True)
        else:
            found.append(piece)
    return found


def _closed(said: str) -> str:
    """What is said, with a full stop where a comma only leads over to who says it."""
    return f"{said[:-1]}." if said[-1] == "," else f"{said[:-1]}。" if said[-1] in "，、" else said


def _ended(sentence: str, page: Page) -> str:
    """A sentence that leads over to speech, with a full stop."""
    return sentence if not sentence[-1].isalnum() else f"{sentence}{'.' if page.words.spaces else '。'}"


def _only_says(text: str, page: Page) -> bool:
    longest = 28 if page.words.dense == 1 else 14
    return len(text.strip(" ,.，。、:：")) <= longest and page.words.speech.search(text) is not None


def _said(text: str, speaker: str | None, thread: Thread, page: Page) -> Iterator[Beat]:
    if speaker:
        thread.note([speaker])
    for line in _parts(_closed(text), LONGEST_LINE // page.words.dense):
        yield Beat("said", line, (speaker,) if speaker else ())


def _told(text: str, talked: bool, spoke: bool, cast: Cast, page: Page, thread: Thread) -> Iterator[Beat]:
    start = 0
    for end in (*sentence_ends(text), len(text)):
        sentence, start = text[start:end].strip(" \t\u3000,，、;；—–"), end
        if not any(letter.isalnum() for letter in sentence):
            continue
        if talked and _only_says(sentence, page):
            continue
        of = _of(sentence, cast, thread)
        kind = _kind(sentence, talked, of, page)
        whole = _ended(page.words.told(sentence), page)
        for part in _parts(whole[0].upper() + whole[1:], LONGEST_ACTION // page.words.dense):
            yield Beat(kind, part, of, spoke)


def _of(sentence: str, cast: Cast, thread: Thread) -> tuple[str, ...]:
    """Who is in a sentence: by name, and by a pronoun before any name."""
    found = cast.found(sentence)
    meant = thread.meant(sentence[: found[0][0]] if found else sentence)
    names = dict.fromkeys(([meant] if meant else []) + [name for _, _, name in found])
    thread.note(names)
    return tuple(names)


def _kind(sentence: str, talked: bool, of: tuple[str, ...], page: Page) -> Kind:
    """The narrator's are thoughts, and times with nobody in them; beside speech all is seen."""
    if talked:
        return "seen"
    timed = page.words.time.match(sentence) is not None and not of
    return "told" if timed or page.words.thought.search(sentence) else "seen"


def _parts(text: str, longest: int) -> Iterator[str]:
    """The text in parts of at most so many characters: cut behind a sentence, else a comma, else a word."""
    while len(text) > longest:
        ends = [end for end in sentence_ends(text[: longest + 1]) if longest // 3 < end <= longest]
        cut = ends[-1] if ends else _soft_end(text, longest)
        yield text[:cut].strip()
        text = text[cut:].strip()
    if text:
        yield text


def _soft_end(text: str, longest: int) -> int:
    for marks in (";；—:：", ",，、", " "):
        cut = max(text.rfind(mark, longest // 3, longest) for mark in marks) + 1
        if cut:
            return cut
    return longest
