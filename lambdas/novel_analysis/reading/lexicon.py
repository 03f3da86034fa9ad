"""What differs from language to language. Each language's own module makes one of these."""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from novel_analysis.reading.names import MOST_NAMES, Name

Pattern = re.Pattern[str]

_WORDS = Path(__file__).with_name("words")


@dataclass(frozen=True)
class Lexicon:
    """Patterns find words anywhere in a text, but for those that say at what they look.

    Names. names: the persons' names of what is told and what is said, as they are written. parse: a name, taken apart.
    introduces: in speech, how somebody tells the own name, which is group 1. edges: what is before and behind a name.
    called: what stands behind a name that somebody is called by. owns: what stands behind a name that only owns what
    is spoken of. he, she, i: pronouns as subjects. drops_subjects: whether a sentence may leave them out.

    Speech. speech: verbs of saying. cites, citing: what stands right behind and before a quotation that somebody says.
    bare_quotes: whether speech may end without a mark. acts_before: whether an act and the words that go with it stand
    in two paragraphs. told: the words around speech, as a sentence of their own.

    Scenes. time: words of time that begin a sentence. change: such as begin a scene. places: group `place` is a place,
    as it is written. place: its name, or None where it is none after all. here: how what is found begins where somebody
    is there, and not on the way.

    Pictures. looks: phrases about hair, eyes, clothes and the like. feeling, motion, thought: what shows on a face, in
    a place, in nobody's sight. talk: that one speaks, that several do, that somebody unknown does, for where the text
    tells nothing to be seen; and what joins their names. spaces: whether there are spaces between sentences. dense:
    how much more a letter says than one of English.
    """

    names: Callable[[str, str], Counter[str]]
    parse: Callable[[str], Name]
    introduces: Pattern
    speech: Pattern
    cites: Pattern
    citing: Pattern
    bare_quotes: bool
    edges: tuple[str, str]
    he: Pattern
    she: Pattern
    i: Pattern
    feeling: Pattern
    motion: Pattern
    thought: Pattern
    time: Pattern
    change: Pattern
    looks: Pattern
    places: Pattern
    place: Callable[[str], str | None]
    here: Pattern
    called: Pattern
    owns: Pattern
    talk: tuple[str, str, str, str]
    spaces: bool = True
    drops_subjects: bool = True
    acts_before: bool = True
    dense: int = 2
    told: Callable[[str], str] = str


def words_of(language: str) -> dict[str, tuple[str, ...]]:
    """A language's lists of words: the content of `words/<language>.toml`, where "_" stands for a space."""
    lists = tomllib.loads((_WORDS / f"{language}.toml").read_text(encoding="utf-8"))
    return {name: tuple(word.replace("_", " ") for word in words.split()) for name, words in lists.items()}


def most(found: Counter[str]) -> Counter[str]:
    """The names found most, as many as a chapter can have persons; so the text is looked through for no more."""
    return Counter(dict(found.most_common(MOST_NAMES)))


def either(words: Iterable[str]) -> str:
    """A pattern's alternatives, the longest first."""
    return "|".join(re.escape(each) for each in sorted(words, key=lambda word: (-len(word), word)))
