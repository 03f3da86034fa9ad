"""How the demo shows a storyboard: who is in it, then its panels; of a long one the first, and how many more."""

import io
from collections.abc import Mapping
from typing import Any

import pytest
from rich.console import Console

from local import storyboards
from local.storyboards import print_storyboard
from novel_analysis.models import (
    Bible,
    ChapterBoard,
    Character,
    DialogueLine,
    FailedChapter,
    Panel,
    Place,
    Scene,
    Storyboard,
    Summary,
)

MARA = Character(
    name="Mara Voss", aliases=["the captain"], mentions=7, looks=["a [red] coat", "a scar"], first_chapter=1
)
BIBLE = Bible(characters=[MARA], places=[Place(name="the harbour", mentions=2, first_chapter=1)])
SAID = DialogueLine(speaker="Mara Voss", text="Wait [for] me!")
PANELS = [
    Panel(number=1, shot="establishing", action="The harbour at night.", caption="It was late."),
    Panel(number=2, shot="close_up", action="Mara runs.", dialogue=[SAID, DialogueLine(speaker=None, text="No.")]),
]
FAILED = FailedChapter(number=2, title="Chapter 2: Low Water", step="DrawStoryboards", reason="ModelRefused: no")


def board(chapters: int) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """A summary and a storyboard of so many equal chapters, in camelCase."""
    scene = Scene(number=1, place="the harbour", characters=["Mara Voss"], panels=PANELS)
    boards = [ChapterBoard(number=each, title=f"Chapter {each}", scenes=[scene]) for each in range(1, chapters + 1)]
    story = Storyboard(title="Low [Water]", language="en", bible=BIBLE, chapters=boards, partial=True, failed=[FAILED])
    counts = {"chapters": chapters, "scenes": chapters, "panels": 2 * chapters, "characters": 1, "places": 1}
    summary = Summary(
        title=story.title,
        language="en",
        text_characters=6000,
        main_characters=["Mara Voss"],
        storyboard_key="storyboards/demo-1.json",
        partial=True,
        failed_chapters=1,
        failed=[FAILED],
        **counts,
    )
    return summary.model_dump(by_alias=True), story.model_dump(by_alias=True)


def printed(chapters: int) -> list[str]:
    """The lines that are printed, each run of spaces as one."""
    console = Console(file=io.StringIO(), width=140)
    print_storyboard(*board(chapters), console)
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_a_storyboard_begins_with_its_people_and_places() -> None:
    lines = printed(2)

    assert lines[:2] == ["Low [Water]", "English · 2 chapters, 2 scenes, 4 panels"]
    assert "Mara Voss the captain a [red] coat; a scar 7" in lines
    assert "Places: the harbour" in lines


def test_a_panel_tells_what_is_seen_told_and_said() -> None:
    lines = printed(1)
    scene = lines.index("Scene 1 · the harbour · Mara Voss")

    assert lines[scene - 2] == "Chapter 1"
    assert lines[scene + 1 :][:5] == [
        "1 establishing The harbour at night.",
        "It was late.",
        "2 close up Mara runs.",
        "Mara Voss: Wait [for] me!",
        "?: No.",
    ]


def test_a_missing_chapter_is_named_with_the_reason() -> None:
    assert "Missing: Chapter 2: Low Water (DrawStoryboards: ModelRefused: no)" in printed(1)


def test_of_a_long_storyboard_the_first_panels_are_shown_and_the_others_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storyboards, "MOST_PANELS", 3)

    lines = printed(3)

    assert sum(line.startswith("1 establishing") for line in lines) == 2
    assert sum(line.startswith("2 close up") for line in lines) == 1
    assert "Chapter 3" not in lines
    assert lines[-1] == "… and 3 more of its 6 panels."


def test_of_many_people_the_most_mentioned_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storyboards, "MOST_PEOPLE", 0)

    assert "… and 1 more." in printed(1)


def test_the_commands_to_try_name_the_session() -> None:
    assert "$API_URL/sessions/demo-1/storyboard" in storyboards.where_it_is("demo-1")
