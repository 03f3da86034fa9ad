"""What novel-analysis is sent, what its steps hand on, and its result.

Texts, facts and scenes are files of the stage's bucket; states and variables hold their keys alone. Chapters are
numbered from 1.
"""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from core.fields import Line, wrong
from core.models import Batch, Model, WorkflowInput

SHORT_TEXT = 5000
"""Characters of a text that may be waited for, and whose whole storyboard is in the result."""

Language = Literal["zh", "en", "ko", "ja"]
Encoding = Literal["utf-8", "gb18030", "big5"]
Pass = Literal["ExtractFacts", "DrawStoryboards"]
Shot = Literal["establishing", "wide", "medium", "close_up", "over_the_shoulder"]
_LONGEST_KEY = 1024
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def _short_enough(key: str) -> str:
    if len(key.encode()) > _LONGEST_KEY:
        raise wrong(f"should have at most {_LONGEST_KEY:,} bytes as UTF-8, which is as long as S3's keys may be")
    return key


def _plain(text: str) -> str:
    """What LoadNovel refuses is refused before it is kept: the same signs, save those with which files of DOS end."""
    if found := _CONTROL.search(text.rstrip("\x1a")):
        line = re.sub("\r\n?", "\n", text[: found.start()]).count("\n") + 1
        raise wrong(f"has control characters, the first in line {line}")
    return text


FileKey = Annotated[
    str,
    StringConstraints(pattern=r"^(uploads|novels|texts)/[^\x00-\x1f]+$", max_length=_LONGEST_KEY),
    AfterValidator(_short_enough),
]
Title = Annotated[Line, StringConstraints(max_length=200)]


class NovelAnalysisInput(WorkflowInput):
    """The workflow's input: a novel's text, or the key of its file.

    text: a short one, at most what a request holds. text_key: of an upload, or of a file below `novels/`. text_etag: of
    the content that the file has, as S3 tells of it; a file that was replaced meanwhile is not read.
    """

    parked: ClassVar[Mapping[str, str]] = {"text": "textKey"}

    title: Title = "Untitled"
    text: Annotated[str, StringConstraints(min_length=1), AfterValidator(_plain)] | None = None
    text_key: FileKey | None = None
    text_etag: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")] | None = None

    @model_validator(mode="after")
    def _one_text(self) -> Self:
        if (self.text is None) == (self.text_key is None):
            raise wrong("should have either text or textKey")
        if self.text_key is None and self.text_etag is not None:
            raise wrong("should have textEtag beside textKey alone")
        return self

    @property
    def may_be_awaited(self) -> bool:
        return self.text is not None and len(self.text) < SHORT_TEXT


class Analysis(Model):
    """What is to be analysed; OpenAnalysis' output."""

    title: str
    text_key: str
    text_etag: str | None = None


class Novel(Model):
    """The text as UTF-8, in a file of the session's own; LoadNovel's output."""

    text_key: str
    characters: int
    encoding: Encoding


class Split(Model):
    """Where the chapters are, and the batches to deal with them in; SplitChapters' output."""

    chapters_key: str
    chapters: int
    language: Language
    batches: list[Batch]


class Chapter(Model):
    """A chapter of the text: its place as bytes of the UTF-8 file, from `start` to before `end`."""

    number: int
    title: str
    start: int
    end: int


class Chapters(Model):
    """The file at `Split.chapters_key`."""

    language: Language
    chapters: list[Chapter]


class ChapterText(Model):
    """A chapter with its text, as an analyser is given it. The text does not hold the heading."""

    number: int
    title: str
    text: str


class CharacterFacts(Model):
    """A person of one chapter. mentions: how often, by any name. looks: what is said of their looks, word for word."""

    name: str
    aliases: list[str] = Field(default=[])
    mentions: int
    looks: list[str] = Field(default=[])


class PlaceFacts(Model):
    """A place of one chapter."""

    name: str
    mentions: int


class Facts(Model):
    """What the first pass finds in one chapter.

    she: of characters by name, how much more "she" than "he" goes on with them; less than 0 where "he" does.
    """

    characters: list[CharacterFacts]
    places: list[PlaceFacts]
    she: dict[str, int] = Field(default={})


class Character(CharacterFacts):
    """A person of the book; `aliases` are all further names that mean the same one."""

    first_chapter: int


class Place(PlaceFacts):
    """A place of the book."""

    first_chapter: int


class Bible(Model):
    """Who and what a name means throughout the book. The most mentioned come first."""

    characters: list[Character]
    places: list[Place]


class DialogueLine(Model):
    """What is said in a panel. speaker: a name of the bible; None where the text does not tell."""

    speaker: str | None
    text: str


class Panel(Model):
    """One picture. number: from 1 in its chapter. action: what is seen. caption: the narrator's words in it.
    characters: who is seen, by their names in the bible.
    """

    number: int
    shot: Shot
    action: str
    caption: str | None = None
    dialogue: list[DialogueLine] = Field(default=[])
    characters: list[str] = Field(default=[])


class Scene(Model):
    """What happens at one place and time. number: from 1 in its chapter."""

    number: int
    place: str | None
    characters: list[str]
    panels: list[Panel]


class ChapterBoard(Model):
    """A chapter, drawn."""

    number: int
    title: str
    scenes: list[Scene]


class FailedChapter(Model):
    """A chapter that could not be analysed or drawn, and why. step: the one that gave it up."""

    number: int
    title: str
    step: Pass
    reason: str


class Book(Model):
    """The file at `MergedBible.book_key`: the bible, and the chapters that it is merged without."""

    bible: Bible
    failed: list[FailedChapter]


class Storyboard(Model):
    """The file at `Summary.storyboard_key`. partial: `failed` names what is missing in it."""

    title: str
    language: Language
    bible: Bible
    chapters: list[ChapterBoard]
    partial: bool
    failed: list[FailedChapter]


class Summary(Model):
    """The workflow's result.

    characters, text_characters: of the bible, and of the text. failed: the first hundred of `failed_chapters`.
    main_characters: the most mentioned, at most ten. storyboard: that of a short text; that of any text is a file.
    """

    title: str
    language: Language
    text_characters: int
    chapters: int
    scenes: int
    panels: int
    characters: int
    places: int
    main_characters: list[str]
    storyboard_key: str
    partial: bool
    failed_chapters: int
    failed: list[FailedChapter]
    storyboard: Storyboard | None = None


class LoadRequest(Model):
    """What LoadNovel is given: the text as it came."""

    text_key: str
    text_etag: str | None = None


class SplitRequest(Model):
    """What SplitChapters is given: the text as UTF-8."""

    text_key: str


class ExtractRequest(Model):
    """What ExtractFacts is given for a batch."""

    text_key: str
    chapters_key: str


class ChapterFile(Model):
    """Where the outcome of a chapter is, among those of others."""

    key: str


class MergeRequest(Model):
    """What MergeBible is given."""

    chapters_key: str


class MergedBible(Model):
    """Where the bible is; MergeBible's output."""

    book_key: str
    characters: int
    places: int


class DrawRequest(ExtractRequest):
    """What DrawStoryboards is given for a batch."""

    book_key: str


class SaveRequest(Model):
    """What SaveStoryboard is given."""

    title: str
    text_characters: int
    chapters_key: str
    book_key: str
