"""Where sentences and paragraphs end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novel_analysis.sentences import paragraphs, sentence_ends, sentences


@pytest.mark.parametrize(
    "parts",
    [
        ["Mr. Vane met Dr. J. R. Holt at 3.30 p.m. on No. 5 Quay.", "Rain fell."],
        ["“Go!” she said.", "“No.”", "He left... and came back.", "Well…", "So it was."],
        ["It cost 3.14 dollars, e.g. here.", "Was it I?", "No.", "Never!"],
        ['"Is it late?" he asked.', "(It was.)", "They waited at St. Mary’s."],
    ],
)
def test_english_sentences_end_at_marks_but_not_within_abbreviations_and_numbers(parts: list[str]) -> None:
    assert list(sentences(" ".join(parts))) == parts


@pytest.mark.parametrize(
    "parts",
    [
        ["他走了。", "我……我不知道。", "“走吧！”", "他说，“天黑了。”", "什么?", "你说呢？！"],
        ["他走了。", '"去吧。"', "她说。"],
        ["「行こう。」と彼は言った。", "「……」", "健太は黙った。", "『待って！』"],
        ["그녀는 웃었다.", "그는 3.5km를 갔다."],
        ["他用了3.5元。", "《雾港》完。"],
    ],
)
def test_sentences_without_spaces_end_behind_their_quotes_and_brackets(parts: list[str]) -> None:
    assert list(sentences("".join(parts))) == parts


def test_korean_sentences_end_and_what_is_cited_in_one_does_not() -> None:
    parts = ["그는 갔다.", '"가자!"라고 민수가 말했다.', "정말?", "그녀는 웃었다……", "그리고 울었다."]
    assert list(sentences(" ".join(parts))) == parts


def test_a_line_is_a_paragraph_of_its_own() -> None:
    assert list(paragraphs("　　他走了。\n　　天黑了\n\n***\n“是吗？”")) == ["他走了。", "天黑了", "***", "“是吗？”"]


def test_lines_that_are_wrapped_are_one_paragraph_up_to_the_blank_line() -> None:
    lines = [
        "It was the best of times, it was the worst of times. Nobody",
        "knew what would happen to the captain of the ship. Yet it",
        "rose.",
    ]
    assert list(paragraphs("\n".join(lines) + "\n\nShort.")) == [" ".join(lines), "Short."]
    chinese = "雾港一年里有两百天看不见海那天清晨钟楼的钟没有响全镇的人都睡\n过了头。"
    assert list(paragraphs(chinese)) == [chinese.replace("\n", "")]


def test_lines_of_one_length_that_end_with_their_sentences_are_paragraphs_each() -> None:
    lines = ["The captain turned the wheel hard now.", "The ship leaned over and a barrel fell.", "It was late."]
    assert list(paragraphs("\n".join(lines))) == lines


@settings(derandomize=True, deadline=None)
@given(st.text(st.sampled_from('aZ1 .…。！?"”’」\n林가と,')))
def test_no_character_is_lost_or_moved(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
    ends = list(sentence_ends(text))
    assert ends == sorted(set(ends))
    assert all(0 < end <= len(text) for end in ends)
