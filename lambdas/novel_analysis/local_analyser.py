"""The embedded analyser: rules alone, so a text always gives the same storyboard. docs/novel-analysis.md has them."""

from novel_analysis.models import (
    Bible,
    ChapterText,
    CharacterFacts,
    Facts,
    Language,
    Panel,
    PlaceFacts,
    Scene,
)
from novel_analysis.reading.beats import beats
from novel_analysis.reading.cast import Cast, cast, cast_of, people
from novel_analysis.reading.looks import looks
from novel_analysis.reading.page import Page, page
from novel_analysis.reading.panels import panels
from novel_analysis.reading.places import places
from novel_analysis.reading.scenes import Paragraph, place_of, scenes


class LocalAnalyser:
    """Reads chapters one by one, in Chinese, English, Korean and Japanese."""

    def extract(self, chapter: ChapterText, language: Language) -> Facts:
        """The chapter's persons and places, the most mentioned first."""
        read = page(chapter.text, language)
        everybody = people(read)
        known = cast(everybody, read)
        mentions = known.mentions()
        seen = looks(read, known)
        names = sorted(mentions, key=lambda name: (-mentions[name], name))
        aliases = {person.display(read.words.parse): set(person.forms) for person in everybody}
        characters = [
            CharacterFacts(
                name=name,
                aliases=sorted(aliases[name] - {name}),
                mentions=mentions[name],
                looks=seen.get(name, []),
            )
            for name in names
        ]
        found = places(read, known)
        return Facts(
            characters=characters,
            places=[PlaceFacts(name=name, mentions=found[name]) for name in found],
            she=known.she(),
        )

    def draw(self, chapter: ChapterText, language: Language, bible: Bible) -> list[Scene]:
        """The chapter's scenes, with the bible's names alone."""
        read = page(chapter.text, language)
        known = cast_of(bible, read)
        drawn: list[Scene] = []
        number = 1
        for scene in scenes(read):
            drawn.append(_drawn(scene, read, known, bible, len(drawn) + 1, number))
            number += len(drawn[-1].panels)
        return drawn


def _drawn(scene: list[Paragraph], read: Page, known: Cast, bible: Bible, number: int, first: int) -> Scene:
    place = place_of(scene, read, known, {each.name for each in bible.places})
    pictures = panels(beats(scene, known, read), place, read.words, first)
    return Scene(number=number, place=place, characters=_seen(pictures), panels=pictures)


def _seen(pictures: list[Panel]) -> list[str]:
    return list(dict.fromkeys(name for picture in pictures for name in picture.characters))
