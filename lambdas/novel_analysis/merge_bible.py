"""MergeBible: merges the facts of all chapters into the bible, so that a name stays one person across the book."""

from core.step import Session, step
from novel_analysis import storage
from novel_analysis.bible import merge
from novel_analysis.failures import outcomes
from novel_analysis.models import Book, Chapters, Facts, MergedBible, MergeRequest


@step(phase="merging_bible", done="bible_merged", progress=(45, 50))
def handler(request: MergeRequest, session: Session) -> MergedBible:
    """Merge the bible. Raises TooManyChaptersFailed (final)."""
    found = storage.read(request.chapters_key, Chapters)
    facts, failed = outcomes("ExtractFacts", session, found.chapters)
    bible = merge(storage.made(facts, Facts), found.language)
    return MergedBible(
        book_key=storage.keep(session.session_id, "book", Book(bible=bible, failed=failed)),
        characters=len(bible.characters),
        places=len(bible.places),
    )
