"""Reads and draws chapters with a language model. What it says is held against the text and the bible: names are those
that stand there, and mentions are counted, not believed.
"""

import json
import re
from collections.abc import Iterable, Iterator

from pydantic import Field

from core.llm import language_model
from core.models import Model
from novel_analysis.models import (
    Bible,
    ChapterText,
    Character,
    CharacterFacts,
    DialogueLine,
    Facts,
    Language,
    Panel,
    PlaceFacts,
    Scene,
    Shot,
)

_LANGUAGES: dict[Language, str] = {"zh": "Chinese", "en": "English", "ko": "Korean", "ja": "Japanese"}
_MOST_CHARACTERS, _MOST_PLACES, _MOST_LOOKS = 60, 40, 3
"""What a request holds of the bible: those of the chapter, the most mentioned first."""

_READ = """You read a chapter of a novel, in {language}, for its storyboard. Find its persons and places.
- `name` is a person's fullest name in the chapter, `aliases` are the further names and titles that the text calls the
  same person by; each as the text writes it, without particles and endings. No pronouns, and nobody without a name.
- `looks` are what the text says of the person's looks (age, build, face, hair, clothes), copied word for word.
- `places` are the names of the places where something happens, as the text writes them."""

_DRAW = """You draw a chapter of a novel, in {language}, as a storyboard: its scenes in the text's order, each of what
happens at one place and time, in two to eight panels.
- `action` is what one sees in the panel: one sentence, in {language}. `shot` is how it is framed.
- `caption` is the narrator's words where the picture needs them, else null. `dialogue` is what is said, word for word.
- `speaker`, `characters` and `place` are names of this bible, whatever the text calls them; `speaker` and `place` are
  null where the text does not tell, or the bible does not know them. The bible is material too:
{bible}"""


class SeenPerson(Model):
    """A person of the chapter."""

    name: str = Field(min_length=1)
    aliases: list[str]
    looks: list[str]


class Seen(Model):
    """Who and what is in the chapter."""

    characters: list[SeenPerson]
    places: list[str]


class DrawnPanel(Model):
    """One picture. characters: who is seen in it."""

    shot: Shot
    action: str = Field(min_length=1)
    caption: str | None
    dialogue: list[DialogueLine]
    characters: list[str]


class DrawnScene(Model):
    """What happens at one place and time."""

    place: str | None
    panels: list[DrawnPanel] = Field(min_length=1)


class Drawing(Model):
    """The chapter's scenes."""

    scenes: list[DrawnScene] = Field(min_length=1)


class LlmAnalyser:
    """An Analyser, for one invocation of a Lambda. Raises the errors of core.llm."""

    def __init__(self) -> None:
        self._model = language_model()

    def extract(self, chapter: ChapterText, language: Language) -> Facts:
        def check(seen: Seen) -> None:
            _refuse(
                f"characters.{number}.name is not in the text as you write it"
                for number, each in enumerate(seen.characters)
                if not _mentions(chapter.text, [each.name])
            )

        instructions = _READ.format(language=_LANGUAGES[language])
        seen = self._model.answer(Seen, instructions, chapter.text, check=check, join=_seen_together)
        return _facts(chapter.text, seen)

    def draw(self, chapter: ChapterText, language: Language, bible: Bible) -> list[Scene]:
        known = _of_chapter(bible, chapter.text)
        names = _names(known.characters)
        places = {place.name for place in known.places}

        def check(drawing: Drawing) -> None:
            _refuse(_strangers(drawing, names.keys(), places))

        instructions = _DRAW.format(language=_LANGUAGES[language], bible=_told(known))
        drawing = self._model.answer(Drawing, instructions, chapter.text, check=check, join=_drawn_together)
        return [_scene(number, scene, names) for number, scene in enumerate(drawing.scenes, start=1)]


def _refuse(problems: Iterable[str]) -> None:
    if found := list(problems):
        raise ValueError("; ".join(found))


def _mentions(text: str, names: Iterable[str]) -> int:
    """How often any of the names stands in the text; in Latin letters as a word of its own."""
    longest_first = sorted({name for name in names if name.strip()}, key=len, reverse=True)
    if not longest_first:
        return 0
    any_name = "|".join(map(re.escape, longest_first))
    return len(re.findall(rf"(?<![A-Za-z])(?:{any_name})(?![A-Za-z])", text))


def _facts(text: str, seen: Seen) -> Facts:
    """What was seen, without what is not in the text."""
    return Facts(
        characters=[
            CharacterFacts(
                name=each.name,
                aliases=[alias for alias in each.aliases if alias != each.name and _mentions(text, [alias])],
                mentions=_mentions(text, [each.name, *each.aliases]),
                looks=[look for look in each.looks if look.strip() and look in text],
            )
            for each in seen.characters
        ],
        places=[PlaceFacts(name=name, mentions=found) for name in seen.places if (found := _mentions(text, [name]))],
    )


def _seen_together(parts: list[Seen]) -> Seen:
    """Who has one name in several parts is one person."""
    persons: dict[str, SeenPerson] = {}
    for each in (person for part in parts for person in part.characters):
        before = persons.get(each.name, SeenPerson(name=each.name, aliases=[], looks=[]))
        persons[each.name] = SeenPerson(
            name=each.name,
            aliases=list(dict.fromkeys([*before.aliases, *each.aliases])),
            looks=list(dict.fromkeys([*before.looks, *each.looks])),
        )
    places = dict.fromkeys(place for part in parts for place in part.places)
    return Seen(characters=list(persons.values()), places=list(places))


def _drawn_together(parts: list[Drawing]) -> Drawing:
    return Drawing(scenes=[scene for part in parts for scene in part.scenes])


def _of_chapter(bible: Bible, text: str) -> Bible:
    """Whom and what of the bible the chapter mentions."""
    characters = [each for each in bible.characters if _mentions(text, [each.name, *each.aliases])]
    places = [place for place in bible.places if _mentions(text, [place.name])]
    return Bible(characters=characters[:_MOST_CHARACTERS], places=places[:_MOST_PLACES])


def _names(characters: Iterable[Character]) -> dict[str, str]:
    """Every name of these characters, and the one that the bible has for them; of two who share one, the first's."""
    names: dict[str, str] = {}
    for each in characters:
        for name in (each.name, *each.aliases):
            names.setdefault(name, each.name)
    return names | {each.name: each.name for each in characters}


def _told(bible: Bible) -> str:
    characters = [
        {"name": each.name, "aliases": each.aliases, "looks": each.looks[:_MOST_LOOKS]} for each in bible.characters
    ]
    told = {"characters": characters, "places": [place.name for place in bible.places]}
    return json.dumps(told, ensure_ascii=False)


def _strangers(drawing: Drawing, names: Iterable[str], places: Iterable[str]) -> Iterator[str]:
    """The fields that name whom or what the bible does not."""
    for number, scene in enumerate(drawing.scenes):
        if scene.place is not None and scene.place not in places:
            yield f"scenes.{number}.place is no place of the bible: take one of its, or null"
        for position, panel in enumerate(scene.panels):
            where = f"scenes.{number}.panels.{position}"
            if any(name not in names for name in panel.characters):
                yield f"{where}.characters has one who is not in the bible: leave them out"
            if any(line.speaker is not None and line.speaker not in names for line in panel.dialogue):
                yield f"{where}.dialogue has a speaker who is not in the bible: take a name of it, or null"


def _scene(number: int, scene: DrawnScene, names: dict[str, str]) -> Scene:
    panels = [_panel(position, panel, names) for position, panel in enumerate(scene.panels, start=1)]
    characters = list(dict.fromkeys(name for panel in panels for name in panel.characters))
    return Scene(number=number, place=scene.place, characters=characters, panels=panels)


def _panel(number: int, panel: DrawnPanel, names: dict[str, str]) -> Panel:
    return Panel(
        number=number,
        shot=panel.shot,
        action=panel.action,
        caption=panel.caption or None,
        dialogue=[
            DialogueLine(speaker=None if line.speaker is None else names[line.speaker], text=line.text)
            for line in panel.dialogue
        ],
        characters=list(dict.fromkeys(names[name] for name in panel.characters)),
    )
