"""Stories and texts, analysed by the embedded analyser."""

import json
from functools import cache
from pathlib import Path

from novel_analysis.bible import merge
from novel_analysis.chapters import split
from novel_analysis.local_analyser import LocalAnalyser
from novel_analysis.models import Bible, ChapterText, DialogueLine, Facts, Language, NovelAnalysisInput, Panel, Scene
from tests.unit.novel_analysis.texts import story

SAMPLE = Path("local/samples/novel-analysis.json")
STORIES: dict[Language, str] = {"zh": "chinese", "ko": "korean", "ja": "japanese"}


def text_of(language: Language) -> str:
    if language != "en":
        return story(STORIES[language])
    return NovelAnalysisInput.model_validate(json.loads(SAMPLE.read_text(encoding="utf-8"))).text or ""


def chapter(text: str, number: int = 1) -> ChapterText:
    return ChapterText(number=number, title="", text=text)


def facts(text: str, language: Language = "en") -> Facts:
    return LocalAnalyser().extract(chapter(text), language)


def drawn(text: str, language: Language = "en") -> list[Scene]:
    """The text's scenes, with a bible of itself."""
    bible = merge([(1, facts(text, language))], language)
    return LocalAnalyser().draw(chapter(text), language, bible)


def panels(scenes: list[Scene]) -> list[Panel]:
    return [panel for scene in scenes for panel in scene.panels]


def said(scenes: list[Scene]) -> list[tuple[str | None, str]]:
    """Who says what, in order."""
    return [(line.speaker, line.text) for panel in panels(scenes) for line in panel.dialogue]


def line(speaker: str | None, text: str) -> DialogueLine:
    return DialogueLine(speaker=speaker, text=text)


@cache
def chapters_of(language: Language) -> list[ChapterText]:
    raw = text_of(language).encode()
    return [
        ChapterText(number=each.number, title=each.title, text=raw[each.start : each.end].decode())
        for each in split(text_of(language)).chapters
    ]


@cache
def bible_of(language: Language) -> Bible:
    return merge(((each.number, LocalAnalyser().extract(each, language)) for each in chapters_of(language)), language)


@cache
def board_of(language: Language) -> dict[int, list[Scene]]:
    """The story's scenes by chapter."""
    analyser, bible = LocalAnalyser(), bible_of(language)
    return {each.number: analyser.draw(each, language, bible) for each in chapters_of(language)}
