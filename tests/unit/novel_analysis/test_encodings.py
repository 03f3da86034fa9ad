"""What encodings are recognised, and how others are refused."""

import gzip
import io
import zipfile

import pytest

from novel_analysis.encodings import decoded
from novel_analysis.errors import UnknownEncoding
from tests.unit.novel_analysis.texts import CANTONESE, FRENCH, TRADITIONAL, story

CHINESE = story("chinese")


def refusal(raw: bytes) -> str:
    with pytest.raises(UnknownEncoding) as refused:
        decoded(raw)
    return str(refused.value)


def briefly(value: str | bytes) -> str:
    """Names a test by its short parameters."""
    return value if isinstance(value, str) and len(value) < 60 and value.isascii() else "…"


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8"),
        ("A novel in ASCII.", "ascii", "utf-8"),
        ("", "utf-8", "utf-8"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gbk", "gb18030"),
        (CHINESE + "㐀𠀀😀", "gb18030", "gb18030"),
        (TRADITIONAL, "gb18030", "gb18030"),
        ("\ufeff" + CHINESE, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL + "€", "cp950", "big5"),
        (CANTONESE, "big5hkscs", "big5"),
        (TRADITIONAL + CANTONESE, "big5hkscs", "big5"),
    ],
    ids=briefly,
)
def test_utf_8_gb18030_and_big5_are_recognised(text: str, codec: str, encoding: str) -> None:
    assert decoded(text.encode(codec)) == (text.removeprefix("\ufeff"), encoding)


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [(CHINESE, "gb18030", "gb18030"), (TRADITIONAL, "big5", "big5")],
    ids=briefly,
)
def test_a_short_text_is_recognised_wherever_it_begins(text: str, codec: str, encoding: str) -> None:
    for start in range(0, len(text) - 20, 7):
        passage = text[start : start + 20].strip()
        assert decoded(passage.encode(codec)) == (passage, encoding)


def test_a_text_is_recognised_where_nearly_all_of_it_is_ascii() -> None:
    text = "It was late. " * 80_000 + CHINESE[100:160]
    assert decoded(text.encode("gb18030")) == (text, "gb18030")


def test_line_breaks_of_all_systems_become_line_feeds_and_the_end_mark_of_dos_goes() -> None:
    assert decoded(b"one\r\ntwo\rthree\n\x1a") == ("one\ntwo\nthree\n", "utf-8")


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (CHINESE, "utf-16", "UTF-16"),
        (CHINESE, "utf-16-le", "utf-16-le"),
        ("A novel, in English.\n" * 9, "utf-16-be", "utf-16-be"),
        (CHINESE, "utf-32", "UTF-32"),
        (story("japanese"), "cp932", "CP932"),
        (story("japanese"), "euc_jp", "EUC-JP"),
        (story("japanese"), "iso2022_jp", "ISO-2022-JP"),
        (story("korean"), "cp949", "CP949"),
        (story("korean"), "johab", "Johab"),
        (FRENCH * 9, "cp1252", "Windows-1252"),
    ],
    ids=briefly,
)
def test_other_encodings_are_refused_by_name(text: str, codec: str, name: str) -> None:
    advice = "send the text as UTF-8, GB18030 or Big5"
    assert refusal(text.encode(codec, "ignore")) == f"The text looks like {name}, which is not read; {advice}"


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (zipped(), "is a zip archive, as docx and epub files are"),
        (rb"{\rtf1\ansi Once}", "is an RTF document"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\x00\x01", "is no plain text; it looks like application/pdf"),
        (gzip.compress(b"Once upon a time", mtime=0), "is a gzip archive"),
        (bytes(range(256)) * 4, "is no plain text; it looks like application/octet-stream"),
    ],
    ids=briefly,
)
def test_what_is_no_text_is_refused_by_what_it_is(raw: bytes, kind: str) -> None:
    assert refusal(raw).startswith(f"The file {kind}; send the text as ")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (CHINESE.encode() + b"\n\xff", "The text begins as UTF-8, but line 75 is not UTF-8"),
        (CHINESE.encode("gb18030") + b"\n\xff", "The text begins as GB18030, but line 75 is not GB18030"),
        (CHINESE.encode() + b"\n\x1b[0m", "The text has control characters, the first in line 75"),
    ],
    ids=briefly,
)
def test_a_text_that_is_damaged_is_refused_with_the_line(raw: bytes, problem: str) -> None:
    assert refusal(raw).startswith(f"{problem}; ")
