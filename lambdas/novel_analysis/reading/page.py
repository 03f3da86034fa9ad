"""A chapter as it is read: its paragraphs, and in them what is told and what is said."""

from dataclasses import dataclass

from novel_analysis.models import Language
from novel_analysis.reading import chinese, english, japanese, korean
from novel_analysis.reading.lexicon import Lexicon
from novel_analysis.reading.quotes import Piece, pieces, quoting
from novel_analysis.sentences import paragraphs

LEXICONS: dict[Language, Lexicon] = {
    "en": english.LEXICON,
    "zh": chinese.LEXICON,
    "ko": korean.LEXICON,
    "ja": japanese.LEXICON,
}


@dataclass(frozen=True)
class Page:
    """A chapter. told, spoken: all that is told and all that is said, a line for each piece."""

    text: str
    words: Lexicon
    paragraphs: list[list[Piece]]
    told: str
    spoken: str


def page(text: str, language: Language) -> Page:
    """The text, read. A break between scenes is a paragraph of one piece that is told."""
    words = LEXICONS[language]
    quoted = quoting(text)
    read = [pieces(paragraph, quoted, words) for paragraph in paragraphs(text)]
    told, spoken = (
        "\n".join(piece.text for paragraph in read for piece in paragraph if piece.spoken is wanted)
        for wanted in (False, True)
    )
    return Page(text, words, read, told, spoken)
