"""How a text is divided into chapters."""

import json
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novel_analysis import chapters
from novel_analysis.chapters import LONGEST_CHAPTER, SUBSTANCE, language_of, split
from novel_analysis.errors import EmptyText, TooManyChapters
from novel_analysis.headings import headings
from novel_analysis.models import Language, NovelAnalysisInput
from tests.unit.novel_analysis.texts import TITLES, TRADITIONAL, story

PROSE = "It rained all day. Nobody came."
LONG = "The captain looked at the sea for a long time, and the sea looked back. " * 3


def found(text: str) -> list[tuple[str, str]]:
    """Title and text of each chapter, by its bytes."""
    raw = text.encode()
    return [(each.title, raw[each.start : each.end].decode()) for each in split(text).chapters]


def titles(text: str) -> list[str]:
    return [title for title, _ in found(text)]


@pytest.mark.parametrize("language", TITLES)
def test_the_stories_have_their_three_chapters_whose_texts_hold_no_heading(language: str) -> None:
    divided = found(story(language))
    assert [title for title, _ in divided] == TITLES[language]
    for title, text in divided:
        assert title not in text
        assert len(text) > 300
        assert text == text.strip()


def test_the_sample_has_five_chapters_and_is_no_short_text() -> None:
    path = Path(__file__).parents[3] / "local" / "samples" / "novel-analysis.json"
    sample = NovelAnalysisInput.model_validate(json.loads(path.read_text(encoding="utf-8")))
    assert sample.text is not None
    assert not sample.may_be_awaited
    assert [title.split(":")[0] for title in titles(sample.text)] == [f"Chapter {number}" for number in range(1, 6)]


@pytest.mark.parametrize(
    "lines",
    [
        ["Chapter 1", "Chapter 2: The Sea", "Chapter 3 The Harbour", "Chapter 4 - Home", "Chapter 5. “Go!”"],
        ["CHAPTER ONE", "CHAPTER TWENTY-ONE: The Sea", "CHAPTER IV. DOWN THE HOLE."],
        ["Prologue", "Part One", "Book II: Home", "Interlude", "Epilogue: After the Rain"],
        ["Prologue", "I", "II.", "(III)", "IV. The Sea"],
        ["1", "2", "3", "Part Two", "1", "2"],
        ["序章", "第一章 海", "第２章　山", "第三回：他来了！", "第一百二十章雾", "番外一 春", "尾声"],
        ["楔子", "卷一 风", "第十节", "第2话 雨", "終章"],
        ["一", "二、山", "三 海"],
        ["１", "２ 山", "３"],
        ["Ⅰ", "Ⅱ. The Sea", "Ⅲ"],
        ["正文 第一章 海", "正文 第二章", "正文 尾声"],
        ["CHAPTER 1. Loomings.", "CHAPTER 2: The Carpet-Bag.", "CHAPTER III.—Mr. Hale is late."],
        ["프롤로그", "제1장 늦은 편지", "제 2 화", "3장", "4화: 봄", "에필로그", "외전 1"],
        ["プロローグ", "第1話", "第二章　星", "エピローグ"],
    ],
)
def test_headings_of_four_languages_begin_chapters(lines: list[str]) -> None:
    assert found("".join(f"{line}\n\n{PROSE}\n\n" for line in lines)) == [(line, PROSE) for line in lines]


@pytest.mark.parametrize(
    "line",
    [
        "Chapter 7 was the one she liked",
        "Chapter 7. She liked it. He did not.",
        "Chapter 7. she liked it.",
        "1. She liked it.",
        "正文第一章我读完了。",
        "Part one: I get paid.",
        "Act I. Exit the king.",
        "Interlude. Music played.",
        "Chapter 7 The Harbour was what she read.",
        "Chapters 7 and 8",
        "Part of the plan",
        "Introduction to the sea was dull.",
        "第一章我读完了。",
        "第一回见到他的时候",
        "第一集团军",
        "「第一章我读完了」",
        "第一章，我读完了，第二章没有。",
        "1장짜리 편지였다.",
        "제1장에서 그는 웃었다",
        "第一話を読んだ。",
        "7",
    ],
)
def test_sentences_that_begin_as_headings_do_begin_none(line: str) -> None:
    assert titles(f"第一章 海\n\n{line}\n\nChapter 2: The Sea\n\n{PROSE}\n") == ["第一章 海", "Chapter 2: The Sea"]


@pytest.mark.parametrize("mark", ["\f", "\v", "\u00a0", "\u200b", "\ufeff"])
def test_a_heading_may_begin_a_page_or_have_marks_that_are_not_seen(mark: str) -> None:
    text = "".join(f"{mark}Chapter {number}{mark}\n{PROSE}\n" for number in (1, 2))
    assert found(text) == [("Chapter 1", PROSE), ("Chapter 2", PROSE)]


@pytest.mark.parametrize("text", [f"{PROSE}\nChapter 2. Home.\n\n{PROSE}", f"{PROSE}\n\nChapter 2. Home.\n{PROSE}"])
def test_a_title_with_its_full_stop_is_a_sentence_where_another_line_is_beside_it(text: str) -> None:
    assert titles(f"Chapter 1\n\n{text}") == ["Chapter 1"]


def test_a_heading_is_none_where_a_wrapped_line_goes_on_with_it() -> None:
    wrapped = (
        "She had read all of it in one night except for what he called\nChapter 7: The Sea\nand the one behind it."
    )
    assert titles(f"Chapter 1\n\n{wrapped}") == ["Chapter 1"]


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_a_table_of_contents_makes_no_chapters(between: str) -> None:
    lines = ["第一章 海", "第二章 山", "第三章 雾"]
    text = f"雾港\n\n目录\n\n{between.join(lines)}\n\n献给母亲。\n\n" + "".join(
        f"{line}\n　　他走了。\n" for line in lines
    )
    assert found(text) == [(line, "他走了。") for line in lines]


def test_a_heading_that_is_repeated_on_every_page_begins_one_chapter() -> None:
    text = f"Chapter 1\n\n{PROSE}\n\nChapter 1\n\nThe end.\n\nChapter 2\n\n{PROSE}"
    assert titles(text) == ["Chapter 1", "Chapter 2"]
    assert "The end." in found(text)[0][1]


def test_a_part_that_begins_with_a_chapter_is_named_in_its_title() -> None:
    text = f"Part One\n\nChapter 1\n\n{PROSE}\n\nChapter 2\n\n{PROSE}\n\nPart Two\n\nChapter 3\n\n{PROSE}"
    assert titles(text) == ["Part One · Chapter 1", "Chapter 2", "Part Two · Chapter 3"]


def test_parts_that_each_begin_with_the_same_heading_have_a_chapter_each() -> None:
    text = "".join(f"PART {part}\n\nCHAPTER I\n\n{PROSE}\n\n" for part in ("I", "II", "III"))
    assert titles(text) == ["PART I · CHAPTER I", "PART II · CHAPTER I", "PART III · CHAPTER I"]


@pytest.mark.parametrize("repeated", ["CHAPTER I", "PART I\n\nCHAPTER I"])
def test_a_part_s_chapter_that_is_repeated_on_every_page_begins_one_chapter(repeated: str) -> None:
    text = f"PART I\n\nCHAPTER I\n\n{PROSE}\n\n{repeated}\n\nThe end.\n"
    assert titles(text) == ["PART I · CHAPTER I"]
    assert "The end." in found(text)[0][1]


def test_a_page_s_header_of_part_and_chapter_begins_no_chapter_anew() -> None:
    pages = f"PART I\n\nCHAPTER I\n\n{PROSE}\n\nCHAPTER II\n\n{PROSE}\n\nPART I\n\nCHAPTER II\n\nThe end.\n"
    assert titles(pages) == ["PART I · CHAPTER I", "CHAPTER II"]
    assert "The end." in found(pages)[1][1]


def test_the_few_words_behind_contents_within_a_book_are_in_a_chapter() -> None:
    contents = "Chapter 1\nChapter 2\nChapter 3\n\nFor my mother.\n"
    text = f"Prologue\n\n{PROSE}\n\n{contents}\n" + "".join(f"Chapter {n}\n\n{PROSE}\n\n" for n in (1, 2, 3))
    assert [title for title, _ in found(text)] == ["Prologue", "Opening", "Chapter 1", "Chapter 2", "Chapter 3"]
    assert found(text)[1] == ("Opening", "For my mother.")


@pytest.mark.parametrize("lines", [["1. Bread", "2. Milk", "3. Eggs"], ["1", "2", "3"], ["I. Bread", "II. Milk"]])
def test_numbers_with_nothing_between_them_are_lines_of_the_text(lines: list[str]) -> None:
    counted = "\n\n".join([PROSE, *lines, PROSE, *lines, PROSE])
    assert found(counted) == [("Text", counted)]
    assert found(f"1\n\n{counted}\n\n2\n\n{PROSE}") == [("1", counted), ("2", PROSE)]


def test_numbers_with_nothing_between_them_are_contents_where_their_titles_come_again() -> None:
    lines = ["1. The Sea", "2. The Land", "3. Home"]
    text = "\n\n".join(["Contents", *lines, "For my mother.", *(f"{line}\n\n{PROSE}" for line in lines)])
    assert found(text) == [(line, PROSE) for line in lines]


@pytest.mark.parametrize(
    "lines", [["1", "2. The Road", PROSE, "3. The Sea", PROSE], ["1", "2", PROSE, "3", PROSE, "4", PROSE]]
)
def test_a_book_s_first_numbers_may_have_no_text(lines: list[str]) -> None:
    expected = [line for line in lines[1:] if line != PROSE]
    assert found("\n\n".join(lines)) == [(line, PROSE) for line in expected]


def test_numbers_of_sections_begin_nothing_where_chapters_have_headings() -> None:
    assert titles(f"Chapter 1\n\n1\n\n{PROSE}\n\n2\n\n{PROSE}\n\nChapter 2\n\n{PROSE}") == ["Chapter 1", "Chapter 2"]


def test_what_is_before_the_first_heading_is_a_chapter_where_it_has_substance() -> None:
    assert found(f"The Sea\nby Ann\n\nChapter 1\n\n{PROSE}") == [("Chapter 1", PROSE)]
    assert found(f"{LONG}\n\nChapter 1\n\n{PROSE}") == [("Opening", LONG.strip()), ("Chapter 1", PROSE)]


@pytest.mark.parametrize(
    ("text", "title"),
    [(PROSE, "Text"), ("他走了。", "正文"), ("그는 갔다.", "본문"), ("彼は行った。", "本文"), ("Chapter 1", "Text")],
)
def test_a_text_without_chapters_is_one(text: str, title: str) -> None:
    assert found(f"\n{text}\n") == [(title, text)]


def test_a_long_chapter_is_divided_behind_paragraphs() -> None:
    paragraph = "他走了。天黑了。" * 50 + "\n"
    divided = found("第一章 雾\n" + paragraph * 200 + "第二章 山\n他来了。")
    assert [title for title, _ in divided] == ["第一章 雾 (1)", "第一章 雾 (2)", "第一章 雾 (3)", "第二章 山"]
    assert all(len(text) <= LONGEST_CHAPTER and text.endswith("天黑了。") for _, text in divided[:2])
    assert "\n".join(text for _, text in divided[:3]) == (paragraph * 200).strip()


@pytest.mark.parametrize(("unit", "between"), [("他走了。他来了，天黑了。", ""), ("sea and ", " "), ("海", "")])
def test_without_paragraphs_it_is_divided_behind_sentences_else_words_else_anywhere(unit: str, between: str) -> None:
    text = unit * (100_000 // len(unit)) + "海"
    divided = found(text)
    assert len(divided) >= 4
    assert between.join(piece for _, piece in divided) == text
    for _, piece in divided[:-1]:
        assert LONGEST_CHAPTER / 3 < len(piece) <= LONGEST_CHAPTER
        assert piece[-1] in "。d海" or piece.endswith("sea")


def test_no_chapter_is_made_of_white_space_however_long_it_is() -> None:
    assert found(f"a{' ' * 200_000}b") == [("Text (1)", "a"), ("Text (2)", "b")]


def test_more_chapters_than_a_session_can_deal_with_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapters, "MOST_CHAPTERS", 5)
    assert len(titles("".join(f"第{number}章 海\n他走了。\n" for number in range(1, 6)))) == 5
    with pytest.raises(TooManyChapters, match="has 6 chapters; send it in parts of 5 at most"):
        split("".join(f"第{number}章 海\n他走了。\n" for number in range(1, 7)))


@pytest.mark.parametrize("line", ["1", "第一章 海"])
def test_a_text_of_nothing_but_headings_is_refused_before_it_fills_the_memory(line: str) -> None:
    with pytest.raises(TooManyChapters, match=r"More than 100,000 lines of the text look like headings"):
        split(f"{line}\n" * 200_000)


@pytest.mark.parametrize("text", ["", " \n　\n\t"])
def test_a_text_of_white_space_is_refused(text: str) -> None:
    with pytest.raises(EmptyText):
        split(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (story("chinese"), "zh"),
        (TRADITIONAL, "zh"),
        (story("korean"), "ko"),
        (story("japanese"), "ja"),
        (PROSE, "en"),
        (f"{PROSE} {PROSE} 雾港", "en"),
        (f"{PROSE}\n" + story("chinese"), "zh"),
        ("学校の夜、健太は走った。", "ja"),
        ("大韓民國 서울에서 그는 갔다.", "ko"),
        ("***", "en"),
        (LONG * 20 + story("korean") * 50, "ko"),
    ],
)
def test_the_language_is_that_of_the_script(text: str, language: Language) -> None:
    assert language_of(text) == language


def test_three_thousand_chapters_are_found_in_a_time_that_grows_with_the_text() -> None:
    began = process_time()
    divided = split("".join(f"第{number}章 海\n\n{'他走了。天黑了。' * 50}\n\n" for number in range(1, 3001)))
    assert (len(divided.chapters), divided.chapters[-1].title) == (3000, "第3000章 海")
    assert process_time() - began < 5


LINES = st.sampled_from(
    [
        "Chapter 1",
        "Chapter 2: The Sea",
        "第一章 海",
        "正文 第二章",
        "第一卷",
        "제1장",
        "\fChapter 3",
        "PART I",
        "CHAPTER 1. Loomings.",
        "1",
        "2",
        "1. Bread",
        "2. Milk",
        "3. Eggs",
        "",
        "　",
        PROSE,
        LONG,
        "他走了。",
        "😀 é",
    ]
)


@settings(derandomize=True, deadline=None)
@given(st.lists(LINES, max_size=30), st.integers(10, 300), st.sampled_from(["\n", "\n\n"]))
def test_each_character_outside_headings_is_in_one_chapter(lines: list[str], longest: int, line_break: str) -> None:
    text = line_break.join(lines)
    if not text.strip():
        return
    with pytest.MonkeyPatch.context() as sizes:
        sizes.setattr(chapters, "LONGEST_CHAPTER", longest)
        divided = split(text)
    raw = text.encode()
    at = 0
    for number, each in enumerate(divided.chapters, 1):
        assert each.number == number
        assert at <= each.start < each.end <= len(raw)
        chapter = raw[each.start : each.end].decode()
        assert 0 < len(chapter) <= longest
        assert chapter == chapter.strip()
        left_out = unread(text, raw, at, each.start)
        assert all(len(words) < SUBSTANCE for words in left_out) if number == 1 else not left_out
        at = each.end
    assert not unread(text, raw, at, len(raw))


def unread(text: str, raw: bytes, start: int, end: int) -> list[str]:
    """What is left of these bytes of a text without its headings."""
    begin, stop = (len(raw[:place].decode()) for place in (start, end))
    within = [each for each in headings(text) if begin <= each.start < stop]
    starts = [begin, *(each.end for each in within)]
    ends = [*(each.start for each in within), stop]
    stretches = (text[first:last].strip() for first, last in zip(starts, ends, strict=True))
    return [stretch for stretch in stretches if stretch]
