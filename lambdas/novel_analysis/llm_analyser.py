"""Reads and draws chapters with a language model. What it says is held against the text and the bible: names are those
that stand there, and mentions are counted, not believed.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

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
_LONGEST_NAME, _LONGEST_LOOK = 60, 200
"""Characters of what goes into the bible, and so into the requests of all chapters."""

_SIGN = "[\u3005\u3040-\u30ff\u3400-\u9fff]"
_BROKEN_SIGNS = re.compile(rf"(?<={_SIGN})[ \t\r]*\n[ \t]*(?={_SIGN})")

_READ = """You read a chapter of a novel, in {language}, for its storyboard. Find its persons and places.
- `name` is a person's fullest name in the chapter, `aliases` are the further names and titles that the text calls the
  same person by; each as the text writes it, without particles and endings. No pronouns, and nobody without a name.
- `looks` are what the text says of the person's looks (age, build, face, hair, clothes), copied word for word.
- `places` are the names of the places where something happens, as the text writes them."""

_DRAW = """You draw a chapter of a novel, in {language}, as a storyboard: its scenes in the text's order, each of what
happens at one place and time, in two to eight panels.
- `action` is what one sees in the panel: one sentence, in {language}. `shot` is how it is framed.
- `caption` is the narrator's words where the picture needs them, else null. `dialogue` is what is said, word for word.
- `speaker`, `characters` and `place` are names of the bible, which is the context, whatever the text calls them;
  `speaker` and `place` are null where the text does not tell, or the bible does not know them."""


def _in_one_line(text: str) -> str:
    """With single spaces, none between signs of Chinese and Japanese: a text may be broken into lines anywhere, in the
    midst of a name too.
    """
    return " ".join(_BROKEN_SIGNS.sub("", text).split())


OneLine = Annotated[str, AfterValidator(_in_one_line)]


class SeenPerson(Model):
    """A person of the chapter."""

    name: OneLine
    aliases: list[OneLine]
    looks: list[OneLine]


class Seen(Model):
    """Who and what is in the chapter."""

    characters: list[SeenPerson]
    places: list[OneLine]


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
        text, told = _in_one_line(chapter.text), False

        def check(seen: Seen) -> None:
            """What it was told once and says again is left out, as a wrong alias is."""
            nonlocal told
            strange = [number for number, each in enumerate(seen.characters) if not _is_named(text, each.name)]
            told = bool(strange) and not told
            if told:
                _refuse(f"characters.{number}.name is not in the text as you write it" for number in strange)

        instructions = _READ.format(language=_LANGUAGES[language])
        seen = self._model.answer(Seen, instructions, chapter.text, check=check, join=_seen_together)
        return _facts(text, seen)

    def draw(self, chapter: ChapterText, language: Language, bible: Bible) -> list[Scene]:
        known = _of_chapter(bible, _in_one_line(chapter.text))
        names = _names(known.characters)
        places = {place.name for place in known.places}

        def check(drawing: Drawing) -> None:
            _refuse(_strangers(drawing, names.keys(), places))

        instructions, context = _DRAW.format(language=_LANGUAGES[language]), f"The bible: {_told(known)}"
        drawing = self._model.answer(
            Drawing, instructions, chapter.text, context=context, check=check, join=_drawn_together
        )
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


def _is_named(text: str, name: str) -> bool:
    return len(name) <= _LONGEST_NAME and _mentions(text, [name]) > 0


def _facts(text: str, seen: Seen) -> Facts:
    """What was seen, without what is not in the text, or too long."""
    return Facts(
        characters=[_person(text, each) for each in seen.characters if _is_named(text, each.name)],
        places=[
            PlaceFacts(name=name, mentions=_mentions(text, [name])) for name in seen.places if _is_named(text, name)
        ],
    )


def _person(text: str, seen: SeenPerson) -> CharacterFacts:
    aliases = [alias for alias in seen.aliases if alias != seen.name and _is_named(text, alias)]
    looks = [look for look in seen.looks if look and len(look) <= _LONGEST_LOOK and look in text]
    return CharacterFacts(name=seen.name, aliases=aliases, mentions=_mentions(text, [seen.name, *aliases]), looks=looks)


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
