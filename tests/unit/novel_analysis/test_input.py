"""What a session of novel-analysis may be started with."""

from typing import Any

import pytest

from core.errors import InvalidInput
from core.models import validated
from novel_analysis.encodings import decoded
from novel_analysis.errors import UnknownEncoding
from novel_analysis.models import NovelAnalysisInput


def refused(**raw: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refusal:
        validated(NovelAnalysisInput, raw)
    return refusal.value.problems


def test_a_text_with_control_characters_is_refused_with_the_line_of_the_first() -> None:
    problem = [("text", "has control characters, the first in line 4")]
    assert refused(text="Chapter 1\r\n\r\nMara.\rHe\x01llo, \x02 she said.\n") == problem


@pytest.mark.parametrize("text", ["Chapter 1\n{}\nMara.", "{}Chapter 1", "Chapter 1{}"])
def test_a_text_is_taken_where_its_file_could_be_read(text: str) -> None:
    for character in (*map(chr, range(0x20)), "\x7f", "\x85", "\u2028", "\ufeff"):
        given = text.format(character)
        try:
            decoded(given.encode())
        except UnknownEncoding:
            assert refused(text=given)[0][0] == "text"
        else:
            assert validated(NovelAnalysisInput, {"text": given}).text == given


@pytest.mark.parametrize("character", ["a", "é", "가", "😀"])
def test_a_key_has_at_most_as_many_bytes_as_s3_takes(character: str) -> None:
    most = (1024 - len("novels/")) // len(character.encode())
    assert validated(NovelAnalysisInput, {"textKey": f"novels/{character * most}"})
    assert [field for field, _ in refused(textKey=f"novels/{character * (most + 1)}")] == ["textKey"]


@pytest.mark.parametrize("field", ["text", "textKey"])
def test_half_a_character_is_refused_by_name(field: str) -> None:
    assert [name for name, _ in refused(**{field: "uploads/\ud800"})] == [field]


def test_the_etag_of_a_content_goes_with_a_file_s_key_alone() -> None:
    assert validated(NovelAnalysisInput, {"textKey": "uploads/a", "textEtag": "9b2cf535f27731c9-3"})
    assert refused(text="Mara.", textEtag="9b2c") == [("input", "should have textEtag beside textKey alone")]
    assert refused(textKey="uploads/a", textEtag='"9b2c"')[0][0] == "textEtag"
