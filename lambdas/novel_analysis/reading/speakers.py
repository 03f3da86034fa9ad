"""Who says what: by the words around a quotation, by who acts in its paragraph, and by turns."""

from dataclasses import dataclass, field
from itertools import pairwise

from novel_analysis.reading.cast import Cast, Thread
from novel_analysis.reading.page import Page
from novel_analysis.reading.quotes import Piece
from novel_analysis.sentences import sentence_ends

NARRATOR = ""
"""The "I" of a book: it takes turns like others, but has no name in the bible."""
_NEAR = 60


@dataclass
class _Talk:
    """Where a conversation is: who spoke in turn, whether the last one goes on, paragraphs since without speech.

    acts: who acts at the end of such a paragraph, where a language puts act and speech in two paragraphs.
    """

    turns: list[str | None] = field(default_factory=list)
    goes_on: bool = False
    silent: int = 0
    acts: str | None = None


def speakers(scene: list[list[Piece]], cast: Cast, page: Page) -> list[str | None]:
    """Who speaks in each paragraph of a scene; None where nobody does, or the text does not tell."""
    thread, talk = Thread(cast, page), _Talk()
    spoken_by: list[str | None] = []
    for paragraph in scene:
        speaker = _speaker(paragraph, cast, page, thread, talk)
        _remember(paragraph, speaker, cast, page, thread, talk)
        spoken_by.append(speaker)
    _look_back(scene, spoken_by, thread)
    return [speaker or None for speaker in spoken_by]


def _speaker(paragraph: list[Piece], cast: Cast, page: Page, thread: Thread, talk: _Talk) -> str | None:
    said = [piece for piece in paragraph if piece.spoken]
    if not said:
        return None
    if talk.goes_on and paragraph[0].spoken and talk.turns:
        return talk.turns[-1]
    if not paragraph[0].spoken:
        thread.read(paragraph[0].text)
    before = talk.turns[-1] if talk.turns else None
    near = _sentences_near(paragraph)
    saying = [each for each in near if page.words.speech.search(f"{each[:_NEAR]} {each[-_NEAR:]}")]
    for sentence in saying + near if page.words.drops_subjects else saying or near:
        subject = _subject(sentence, cast, page, thread, before)
        if subject is not None:
            return subject
    if saying:
        return None
    guess = talk.acts or _by_turns(talk, thread)
    return None if guess is None or guess in _called(said, cast, page) else guess


def _sentences_near(paragraph: list[Piece]) -> list[str]:
    """The sentences that touch a quotation: first what stands behind one, then what stands before one."""
    behind = [_first(after.text) for piece, after in pairwise(paragraph) if piece.spoken and not after.spoken]
    before = [_last(piece.text) for piece, after in pairwise(paragraph) if after.spoken and not piece.spoken]
    return behind + before


def _first(text: str) -> str:
    return text[: next(sentence_ends(text), len(text))]


def _last(text: str) -> str:
    ends = [end for end in sentence_ends(text) if text[end:].strip()]
    return text[ends[-1] if ends else 0 :].strip()


def _subject(sentence: str, cast: Cast, page: Page, thread: Thread, before: str | None) -> str | None:
    """Who does what the sentence tells: the first that is named, or meant by a pronoun, and owns nothing there.

    before: who spoke last, whom a pronoun means last of all.
    """
    named = [each for each in cast.found(sentence) if not page.words.owns.match(sentence, each[1])]
    start = named[0][0] if named else len(sentence)
    if page.words.i.search(sentence, 0, start):
        return NARRATOR
    return thread.meant(sentence[:start], but=before) or (named[0][2] if named else None)


def _last_subject(text: str, cast: Cast, page: Page, thread: Thread) -> str | None:
    """Who acts in the last of the sentences that name somebody."""
    ends = [0, *sentence_ends(text), len(text)]
    subjects = (_subject(text[start:end], cast, page, thread, None) for start, end in reversed(list(pairwise(ends))))
    return next((name for name in subjects if name is not None), None)


def _by_turns(talk: _Talk, thread: Thread) -> str | None:
    """Of two who take turns, the other one; None where more may speak."""
    if not talk.turns or talk.turns[-1] is None:
        return None
    last = talk.turns[-1]
    earlier = [name for name in talk.turns[:-1][-3:] if name is not None and name != last]
    if earlier:
        return earlier[-1]
    others = [name for name in thread.recent if name != last]
    return others[0] if len(others) == 1 else None


def _called(said: list[Piece], cast: Cast, page: Page) -> set[str]:
    """Who is called by name in what is said."""
    return {
        name
        for piece in said
        for start, end, name in cast.found(piece.text)
        if page.words.called.match(piece.text, end)
        and (start == 0 or piece.text[:start].rstrip()[-1:] in ",，、.!?。！？…")
    }


def _remember(paragraph: list[Piece], speaker: str | None, cast: Cast, page: Page, thread: Thread, talk: _Talk) -> None:
    for piece in paragraph:
        if not piece.spoken:
            thread.read(piece.text)
    if not any(piece.spoken for piece in paragraph):
        talk.silent += 1
        talk.turns = [] if talk.silent > 1 else talk.turns
        talk.acts = _last_subject(paragraph[-1].text, cast, page, thread) if page.words.acts_before else None
        return
    if talk.acts is not None and talk.acts == speaker:
        talk.turns = []
    talk.silent, talk.acts = 0, None
    talk.turns.append(speaker)
    talk.goes_on = paragraph[-1].goes_on
    if speaker:
        thread.note([speaker])


def _look_back(scene: list[list[Piece]], spoken_by: list[str | None], thread: Thread) -> None:
    """Where only two are in a scene, whoever speaks before one of them is answered is the other."""
    for number in range(len(scene) - 2, -1, -1):
        alone = all(piece.spoken for piece in scene[number])
        answer = spoken_by[number + 1]
        if alone and spoken_by[number] is None and answer and len(thread.recent) == 2:
            spoken_by[number] = next(name for name in thread.recent if name != answer)
