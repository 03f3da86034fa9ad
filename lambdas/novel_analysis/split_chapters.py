"""SplitChapters: finds the chapters, and the batches to deal with them in."""

from core.files import files
from core.models import Batch
from core.step import Session, step
from novel_analysis import storage
from novel_analysis.chapters import split
from novel_analysis.models import Split, SplitRequest

MOST_AT_ONCE = 10
"""Chapters of a batch: a Lambda has to read or draw them in its time, a model's answers included."""
ENOUGH_BATCHES = 100
"""With more, batches grow, until they have as many chapters as they may."""


@step(phase="splitting", done="split", progress=(3, 5))
def handler(request: SplitRequest, session: Session) -> Split:
    """Find the chapters. Raises EmptyText, TooManyChapters (both final)."""
    found = split(files().read(request.text_key).decode())
    return Split(
        chapters_key=storage.keep(session.session_id, "chapters", found),
        chapters=len(found.chapters),
        language=found.language,
        batches=batches(len(found.chapters)),
    )


def batches(chapters: int) -> list[Batch]:
    """Each chapter is in one batch."""
    size = min(MOST_AT_ONCE, -(-chapters // ENOUGH_BATCHES))
    return [
        Batch(first=first, last=min(first + size - 1, chapters), of=chapters) for first in range(1, chapters + 1, size)
    ]
