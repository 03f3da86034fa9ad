"""A text is cut at the ends of paragraphs, else of sentences, else of words, and loses nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.llm.parts import parts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("short", ["short"]),
        ("One. Two.\n\nThree. Four.", ["One. Two.\n\n", "Three. Four."]),
        ("One is here. Two is there.", ["One is here. ", "Two is there."]),
        ("一二三四五六七。八九十甲乙丙丁。", ["一二三四五六七。", "八九十甲乙丙丁。"]),
        ("他说「我们走。」然后就走了没有回头。", ["他说「我们走。」", "然后就走了没有回头。"]),
        ("no end but those of words", ["no end but ", "those of words"]),
        ("x" * 30, ["x" * 14, "x" * 14, "xx"]),
        ("\n\n \n\n", ["\n\n \n\n"][:0]),
    ],
)
def test_the_latest_of_the_best_places_is_taken(text: str, found: list[str]) -> None:
    assert list(parts(text, 14)) == found


@settings(derandomize=True, deadline=None)
@given(st.text("ab .\n。"), st.integers(1, 20))
def test_nothing_but_blanks_is_lost_and_no_part_is_too_long(text: str, longest: int) -> None:
    found = list(parts(text, longest))
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < len(part) <= longest for part in found)
