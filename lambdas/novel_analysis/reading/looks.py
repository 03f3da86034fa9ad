"""What is said of persons' looks, word for word."""

from collections import defaultdict

from novel_analysis.reading.cast import Cast, Thread
from novel_analysis.reading.page import Page
from novel_analysis.sentences import sentence_ends

MOST_LOOKS = 10
LONGEST_LOOK = 80


def looks(page: Page, cast: Cast) -> dict[str, list[str]]:
    """Each person's looks, in the order of the text.

    They are of whoever is named last before the phrase in its sentence, else of whom the sentence's pronoun means; in
    languages that leave it out, of whoever is named behind the phrase, or last in the paragraph; else nobody's.
    """
    found: dict[str, list[str]] = defaultdict(list)
    thread = Thread(cast, page)
    for told in page.told.splitlines():
        start, last = 0, None
        for end in (*sentence_ends(told), len(told)):
            sentence, start = told[start:end], end
            named = cast.found(sentence)
            for phrase in page.words.looks.finditer(sentence):
                before = [name for begin, _, name in named if begin < phrase.start()]
                whose = before[-1] if before else thread.meant(sentence[: phrase.end()])
                if whose is None and page.words.drops_subjects:
                    whose = named[0][2] if named else last
                said = phrase.group().strip()
                if whose is not None and len(said) <= LONGEST_LOOK:
                    found[whose].append(said)
            thread.note(dict.fromkeys(name for _, _, name in named))
            last = named[-1][2] if named else last
    return {name: list(dict.fromkeys(phrases))[:MOST_LOOKS] for name, phrases in found.items()}
