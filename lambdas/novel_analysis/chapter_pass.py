"""A pass over chapters: each is worked on, and what was made of them is kept as time goes by."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from core.errors import AccessDenied, FinalError
from core.items import Items, Outcomes
from core.settings import WrongSettings
from novel_analysis import storage
from novel_analysis.models import ChapterFile, Chapters, ChapterText, ExtractRequest, Language

MadeT = TypeVar("MadeT")

_KEPT_AFTER_SECONDS = 3
"""A Lambda that dies loses about as much work; a quick one writes one file for all its chapters."""


def each_chapter(
    name: str, request: ExtractRequest, items: Items, work: Callable[[ChapterText, Language], MadeT]
) -> Iterator[Outcomes[ChapterFile]]:
    """Works on the chapters that are left. A final error is its chapter's outcome; any other, and one that all
    chapters would end with, comes out, once what was made before it is kept.
    """
    found = storage.read(request.chapters_key, Chapters)
    left = [found.chapters[number - 1] for number in items.left]
    made: dict[int, MadeT | FinalError] = {}
    since = time.monotonic()
    try:
        for chapter in storage.texts(request.text_key, left):
            try:
                made[chapter.number] = work(chapter, found.language)
            except (AccessDenied, WrongSettings):
                raise  # no chapter's own fault: the others would fail too
            except FinalError as error:
                made[chapter.number] = error
            if time.monotonic() - since >= _KEPT_AFTER_SECONDS:
                yield _kept(name, items, made)
                made, since = {}, time.monotonic()
    except Exception:
        yield _kept(name, items, made)
        raise
    yield _kept(name, items, made)


def _kept(name: str, items: Items, made: Mapping[int, object]) -> Outcomes[ChapterFile]:
    """The outcomes of chapters, once what was made of them is in a file."""
    failed = {number: error for number, error in made.items() if isinstance(error, FinalError)}
    whole = {number: content for number, content in made.items() if number not in failed}
    if not whole:
        return failed
    file = ChapterFile(key=storage.keep(items.session_id, name, whole))
    return {**dict.fromkeys(whole, file), **failed}
