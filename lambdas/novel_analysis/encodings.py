"""What encoding a text is in. UTF-8 proves itself; GB18030 and Big5 often both decode, so a library tells them apart
and from all others, and then the whole text must decode as what it names.
"""

import re

from novel_analysis.errors import UnknownEncoding
from novel_analysis.models import Encoding

_PASS_FOR_TEXT = {
    b"PK\x03\x04": "a zip archive, as docx and epub files are",
    b"\x1f\x8b": "a gzip archive",
    rb"{\rtf": "an RTF document",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_MUCH_ASCII = re.compile(rb"([\x00-\x7f])[\x00-\x7f]{40,}")
"""It says nothing of an encoding. Its first byte is left, for that may be the second of a character."""
_CODECS: dict[str, Encoding] = {"gb18030": "gb18030", "cp950": "big5", "big5hkscs": "big5"}
_TO_TRY = {
    "gb18030": ("gb18030", "cp950", "big5hkscs"),  # Big5 with a euro sign passes for GB18030
    "big5": ("cp950", "big5hkscs"),  # neither of the two holds the other
    "big5hkscs": ("big5hkscs", "cp950"),
}
"""The codecs, by what detection answers."""
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_MOST_PRIVATE = 0.01
"""The share of characters that nobody has defined; a wrong codec makes many."""
_ENOUGH_UTF_8 = 8
"""So many continuation bytes in their places no other encoding has by chance."""


def decoded(raw: bytes) -> tuple[str, Encoding]:
    """The text, without byte order mark and with line feeds alone for line breaks, and the encoding it came in.

    Raises UnknownEncoding, which names what the bytes look like, or the line where they stop being that.
    """
    for start, kind in _PASS_FOR_TEXT.items():
        if raw.startswith(start):
            raise _refused(f"The file is {kind}")
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\x1a")  # which ends files of DOS
    control = _CONTROL.search(lines)
    if control is None:
        try:
            return lines.decode().removeprefix("\ufeff"), "utf-8"
        except UnicodeDecodeError as error:
            if error.start - len(lines[: error.start].decode()) >= _ENOUGH_UTF_8:
                raise _broken(lines, "UTF-8", error.start) from None
    name = _look(raw if control else _MUCH_ASCII.sub(rb"\1 ", lines))
    read = name.lower() in _TO_TRY
    if control is not None and (read or name.lower() in ("ascii", "utf-8", "windows-1252")):
        raise _refused(f"The text has control characters, the first in line {_line(lines, control.start())}")
    if not read:
        raise _refused(f"The text looks like {name}, which is not read")
    return _decoded_as(lines, name)


def _look(raw: bytes) -> str:
    """The encoding that the bytes look to be in. Raises UnknownEncoding where they look like no text."""
    import chardet  # texts in UTF-8 need not wait for it

    found = chardet.detect(raw, max_bytes=len(raw), prefer_superset=True)
    if found["encoding"] is None:
        raise _refused(f"The file is no plain text; it looks like {found['mime_type']}")
    return found["encoding"]


def _decoded_as(raw: bytes, name: str) -> tuple[str, Encoding]:
    furthest = 0
    for codec in _TO_TRY[name.lower()]:
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError as error:
            furthest = max(furthest, error.start)
        else:
            if len(_PRIVATE.findall(text)) <= _MOST_PRIVATE * len(text):
                return text.removeprefix("\ufeff"), _CODECS[codec]
    raise _broken(raw, name, furthest)


def _broken(raw: bytes, name: str, start: int) -> UnknownEncoding:
    return _refused(f"The text begins as {name}, but line {_line(raw, start)} is not {name}")


def _line(raw: bytes, start: int) -> int:
    return raw.count(b"\n", 0, start) + 1


def _refused(problem: str) -> UnknownEncoding:
    return UnknownEncoding(f"{problem}; send the text as UTF-8, GB18030 or Big5")
