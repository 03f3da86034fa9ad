"""A chapter as it is read: its paragraphs, and in them what is told and what is said."""

from dataclasses import dataclass
from importlib import import_module

from novel_analysis.models import Language
from novel_analysis.reading.lexicon import Lexicon
from novel_analysis.reading.quotes import Piece, pieces, quoting
from novel_analysis.sentences import paragraphs

_MODULES: dict[Language, str] = {"en": "english", "zh": "chinese", "ko": "korean", "ja": "japanese"}


@dataclass(frozen=True)
class Page:
    """A chapter. told, spoken: all that is told and all that is said, a line for each piece."""

    text: str
    words: Lexicon
    paragraphs: list[list[Piece]]
    told: str
    spoken: str


def lexicon_of(language: Language) -> Lexicon:
    """What is known of a language. A novel is in one, so the others are not loaded: each takes 10 ms or more."""
    lexicon: Lexicon = import_module(f"novel_analysis.reading.{_MODULES[language]}").LEXICON
    return lexicon


def page(text: str, language: Language) -> Page:
    """The text, read. A break between scenes is a paragraph of one piece that is told."""
    words = lexicon_of(language)
    quoted = quoting(text)
    read = [pieces(paragraph, quoted, words) for paragraph in paragraphs(text)]
    told, spoken = (
        "\n".join(piece.text for paragraph in read for piece in paragraph if piece.spoken is wanted)
        for wanted in (False, True)
    )
    return Page(text, words, read, told, spoken)
