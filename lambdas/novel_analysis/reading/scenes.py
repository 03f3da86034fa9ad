"""Where a chapter's scenes begin, and where each of them is."""

import re

from novel_analysis.reading.cast import Cast
from novel_analysis.reading.page import Page
from novel_analysis.reading.places import places_in
from novel_analysis.reading.quotes import Piece

Paragraph = list[Piece]
_BREAK = re.compile(r"[\W_]{1,40}|[oOxX○◯●◎]( ?[oOxX○◯●◎]){2,10}")
_SHORTEST = 3
"""Paragraphs that a scene has at least before words of another time end it."""


def scenes(page: Page) -> list[list[Paragraph]]:
    """The chapter's scenes: between lines of signs such as ***, and from words such as "the next morning" on."""
    found: list[list[Paragraph]] = [[]]
    for paragraph in page.paragraphs:
        if is_break(paragraph):
            found.append([])
            continue
        told = paragraph[:1] and not paragraph[0].spoken
        if told and len(found[-1]) >= _SHORTEST and page.words.change.match(paragraph[0].text):
            found.append([])
        found[-1].append(paragraph)
    return [scene for scene in found if scene]


def is_break(paragraph: Paragraph) -> bool:
    return all(not piece.spoken and _BREAK.fullmatch(piece.text) is not None for piece in paragraph)


def place_of(scene: list[Paragraph], page: Page, cast: Cast, known: set[str]) -> str | None:
    """The place that a scene's telling names first, of those known; what is only spoken of is elsewhere."""
    told = (piece.text for paragraph in scene for piece in paragraph if not piece.spoken)
    return next((name for text in told for name in places_in(text, page, cast, here=True) if name in known), None)
