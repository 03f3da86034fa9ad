"""DrawStoryboards: the second pass over the chapters draws each, with the names of the bible."""

from collections.abc import Iterator

from core.items import Items, Outcomes, items_step
from novel_analysis import storage
from novel_analysis.analysis import analyser
from novel_analysis.chapter_pass import each_chapter
from novel_analysis.models import Book, ChapterBoard, ChapterFile, ChapterText, DrawRequest, Language


@items_step(phase="drawing_storyboards", progress=(50, 95))
def handler(request: DrawRequest, items: Items) -> Iterator[Outcomes[ChapterFile]]:
    """Draw each chapter. Raises ProviderUnavailable (retried)."""
    artist, bible = analyser(), storage.read(request.book_key, Book).bible

    def draw(chapter: ChapterText, language: Language) -> ChapterBoard:
        scenes = artist.draw(chapter, language, bible)
        return ChapterBoard(number=chapter.number, title=chapter.title, scenes=scenes)

    return each_chapter("boards", request, items, draw)
