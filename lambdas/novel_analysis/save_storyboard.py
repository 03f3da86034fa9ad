"""SaveStoryboard: puts the chapters together into the storyboard, and ends the session."""

from collections.abc import Iterable

from core.step import End, Session, last_step
from novel_analysis import storage
from novel_analysis.failures import outcomes
from novel_analysis.models import SHORT_TEXT, Book, ChapterBoard, Chapters, SaveRequest, Storyboard, Summary
from novel_analysis.saving import save, summary


@last_step(phase="saving_storyboard", progress=95)
def handler(request: SaveRequest, session: Session) -> End[Summary]:
    """Save the storyboard. Raises TooManyChaptersFailed (final)."""
    found, book = storage.read(request.chapters_key, Chapters), storage.read(request.book_key, Book)
    drawn, failed = outcomes("DrawStoryboards", session, found.chapters, book.failed)
    head = Storyboard(
        title=request.title,
        language=found.language,
        bible=book.bible,
        chapters=[],
        partial=bool(failed),
        failed=failed,
    )
    short = request.text_characters < SHORT_TEXT
    boards: Iterable[ChapterBoard] = (board for _, board in storage.made(drawn, ChapterBoard))
    boards = list(boards) if short else boards
    key = f"storyboards/{session.session_id}.json"
    scenes, panels = save(key, head, boards)
    result = summary(key, head, request.text_characters, len(found.chapters), scenes, panels)
    if short:
        result = result.model_copy(update={"storyboard": head.model_copy(update={"chapters": boards})})
    return End(result=result, outcome="partial" if failed else "complete")
