"""The files that a session's steps hand on, in `work/<sessionId>/` of the stage's bucket, each named by its content: a
twin of a delivery writes the same again, or another beside it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from pydantic import TypeAdapter
from pydantic_core import to_json

from core.files import files
from core.rows import Json
from novel_analysis.models import Chapter, ChapterFile, ChapterText

ContentT = TypeVar("ContentT")

_READ_AT_ONCE = 10  # the chapters of a batch may be in as many files, those of two batches never in one


def keep_text(session_id: str, text: str) -> str:
    """Writes the session's text, and returns its key."""
    return _keep(session_id, "text", "txt", text.encode())


def keep(session_id: str, name: str, content: object) -> str:
    """Writes models as a file of JSON, and returns its key."""
    return _keep(session_id, name, "json", to_json(content, by_alias=True))


def read(key: str, kind: type[ContentT]) -> ContentT:
    """A file of JSON, as what it holds."""
    return TypeAdapter(kind).validate_json(files().read(key))


def texts(key: str, chapters: Sequence[Chapter]) -> Iterator[ChapterText]:
    """Chapters that are near each other in a text, which is read at once."""
    first = chapters[0].start
    part = files().read_part(key, first, chapters[-1].end)
    for chapter in chapters:
        text = part[chapter.start - first : chapter.end - first].decode()
        yield ChapterText(number=chapter.number, title=chapter.title, text=text)


def made(outputs: Mapping[int, Json], kind: type[ContentT]) -> Iterator[tuple[int, ContentT]]:
    """What was made of chapters, whose ChapterFiles `outputs` has by number. Each file is read once; few are held."""
    contents = lru_cache(maxsize=_READ_AT_ONCE)(lambda key: read(key, dict[int, kind]))  # type: ignore[valid-type]
    for number, output in outputs.items():
        yield number, contents(ChapterFile.model_validate(output).key)[number]


def _keep(session_id: str, name: str, ending: str, body: bytes) -> str:
    key = f"work/{session_id}/{name}-{hashlib.sha256(body).hexdigest()[:16]}.{ending}"
    files().write(key, body)
    return key
