"""The storyboard's file, written chapter by chapter: that of a long novel is more than memory should hold."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from core.files import files
from novel_analysis.models import ChapterBoard, Storyboard, Summary

_CHAPTERS = '"chapters":['  # in a storyboard without chapters there is one such key: in texts, quotes are escaped
_MAIN_CHARACTERS = 10
_FAILED_TOLD = 100


def save(key: str, head: Storyboard, chapters: Iterable[ChapterBoard]) -> tuple[int, int]:
    """Writes a storyboard's file, with these chapters. Returns how many scenes and panels it has."""
    before, after = head.model_dump_json(by_alias=True).split(f"{_CHAPTERS}]")
    scenes = panels = 0
    with TemporaryDirectory() as folder:
        path = Path(folder, "storyboard.json")
        with path.open("w", encoding="utf-8") as file:
            file.write(before + _CHAPTERS)
            for number, chapter in enumerate(chapters):
                file.write("," * (number > 0) + chapter.model_dump_json(by_alias=True))
                scenes += len(chapter.scenes)
                panels += sum(len(scene.panels) for scene in chapter.scenes)
            file.write(f"]{after}")
        files().upload(key, path)
    return scenes, panels


def summary(key: str, head: Storyboard, text_characters: int, chapters: int, scenes: int, panels: int) -> Summary:
    """The result of a session whose storyboard is saved."""
    return Summary(
        title=head.title,
        language=head.language,
        text_characters=text_characters,
        chapters=chapters,
        scenes=scenes,
        panels=panels,
        characters=len(head.bible.characters),
        places=len(head.bible.places),
        main_characters=[character.name for character in head.bible.characters[:_MAIN_CHARACTERS]],
        storyboard_key=key,
        partial=head.partial,
        failed_chapters=len(head.failed),
        failed=head.failed[:_FAILED_TOLD],
    )
