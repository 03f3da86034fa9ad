"""A scene's panels: beats gathered into pictures, each with its shot."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from novel_analysis.models import DialogueLine, Panel, Shot
from novel_analysis.reading.beats import LONGEST_ACTION, Beat
from novel_analysis.reading.lexicon import Lexicon

MOST_LINES = 3
MOST_SENTENCES = 2
MOST_CHARACTERS = 8
MOST_SAID = 320
"""Characters of speech that the balloons of one panel hold."""


@dataclass
class _Draft:
    """A panel that beats are still added to."""

    action: list[str] = field(default_factory=list)
    caption: str | None = None
    lines: list[DialogueLine] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)

    def holds(self, beat: Beat) -> bool:
        """Whether the beat still goes into this picture."""
        if beat.kind == "said":
            said = sum(len(line.text) for line in self.lines) + len(beat.text)
            return not self.lines or (len(self.lines) < MOST_LINES and said <= MOST_SAID)
        if beat.kind == "told":
            return not (self.action or self.caption or self.lines)
        room = len(self.action) < MOST_SENTENCES and sum(map(len, self.action)) + len(beat.text) < LONGEST_ACTION
        return room and (beat.joined or not self.lines) and not self._changes(beat)

    def _changes(self, beat: Beat) -> bool:
        """Whether the beat shows others than the picture so far."""
        return bool(self.action and beat.of and self.names) and not set(beat.of) & set(self.names)

    def add(self, beat: Beat) -> None:
        self.names |= dict.fromkeys(beat.of)
        if beat.kind == "said":
            self.lines.append(DialogueLine(speaker=beat.of[0] if beat.of else None, text=beat.text))
        elif beat.kind == "told":
            self.caption = beat.text
        else:
            self.action.append(beat.text)


def panels(beats: Iterator[Beat], place: str | None, words: Lexicon, first: int) -> list[Panel]:
    """The panels of a scene, numbered from `first` on. The first one establishes the place."""
    drafts = [_Draft()]
    for beat in beats:
        if not drafts[-1].holds(beat):
            drafts.append(_Draft())
        drafts[-1].add(beat)
    drawn: list[Panel] = []
    for number, draft in enumerate(drafts):
        before = drawn[-1] if drawn else None
        drawn.append(_panel(draft, first + number, before, place, words))
    return drawn


def _panel(draft: _Draft, number: int, before: Panel | None, place: str | None, words: Lexicon) -> Panel:
    space = " " if words.spaces else ""
    caption = draft.caption if draft.action or draft.lines else None
    action = space.join(draft.action) or (draft.caption if caption is None else None) or _talk(draft, words)
    if before is None and caption is None and place is not None:
        caption = place[:1].upper() + place[1:]
    return Panel(
        number=number,
        shot="establishing" if before is None else _shot(draft, before, action, words),
        action=action,
        caption=caption,
        dialogue=draft.lines,
        characters=list(draft.names)[:MOST_CHARACTERS],
    )


def _talk(draft: _Draft, words: Lexicon) -> str:
    """What is seen while somebody speaks and nothing else is told."""
    names = list(dict.fromkeys(line.speaker for line in draft.lines if line.speaker))
    if not names:
        return words.talk[2]
    return words.talk[min(len(names), 2) - 1].format(words.talk[3].join(names))


def _shot(draft: _Draft, before: Panel, action: str, words: Lexicon) -> Shot:
    speakers = {line.speaker for line in draft.lines}
    if len(speakers) > 1:
        return "over_the_shoulder"
    feeling, motion = words.feeling.search(action), words.motion.search(action)
    if draft.lines:
        answers = before.dialogue and not draft.action and before.dialogue[-1].speaker not in speakers
        return "close_up" if feeling and draft.action else "over_the_shoulder" if answers else "medium"
    if len(draft.names) > 2 or not draft.names:
        return "wide"
    if feeling or words.looks.search(action):
        return "close_up"
    return "wide" if motion else "medium"
