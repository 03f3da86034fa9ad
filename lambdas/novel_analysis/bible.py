"""The bible of a book: the facts of its chapters, with every person and place once."""

from collections import Counter
from collections.abc import Iterable

from novel_analysis.models import Bible, Character, CharacterFacts, Facts, Language, Place
from novel_analysis.reading.looks import MOST_LOOKS
from novel_analysis.reading.names import Group, Person, persons
from novel_analysis.reading.page import lexicon_of

MOST_CHARACTERS = 500
MOST_PLACES = 300


def merge(facts: Iterable[tuple[int, Facts]], language: Language) -> Bible:
    """The bible of a book's chapters, each given with its number, in any order; the order changes nothing.

    Whoever can be two persons is nobody's alias: two full names never become one person, and a name that several
    share stays a person of its own.
    """
    chapters = sorted(facts, key=lambda each: each[0])
    characters = _characters(chapters, language)
    return Bible(characters=characters, places=_places(chapters, characters))


def _characters(chapters: list[tuple[int, Facts]], language: Language) -> list[Character]:
    parse = lexicon_of(language).parse
    found = [(number, each) for number, facts in chapters for each in facts.characters]
    groups = [
        Group(number, dict.fromkeys(each.aliases, 0) | {each.name: each.mentions}, facts.she.get(each.name, 0))
        for number, facts in chapters
        for each in facts.characters
    ]
    return [
        _character(person, person.display(parse), [found[tag] for tag in sorted(person.groups)])
        for person in persons(groups, parse)[:MOST_CHARACTERS]
    ]


def _character(person: Person, name: str, found: list[tuple[int, CharacterFacts]]) -> Character:
    return Character(
        name=name,
        aliases=sorted(set(person.forms) - {name}),
        mentions=sum(each.mentions for _, each in found),
        looks=list(dict.fromkeys(look for _, each in found for look in each.looks))[:MOST_LOOKS],
        first_chapter=min(number for number, _ in found),
    )


def _places(chapters: list[tuple[int, Facts]], characters: list[Character]) -> list[Place]:
    """The places, without those that are named more often as persons in other chapters: 赵长河 ends in a river."""
    named = Counter({name: each.mentions for each in characters for name in (each.name, *each.aliases)})
    mentions: Counter[str] = Counter()
    first: dict[str, int] = {}
    for number, facts in chapters:
        for place in facts.places:
            mentions[place.name] += place.mentions
            first.setdefault(place.name, number)
    mentions = Counter({name: count for name, count in mentions.items() if count >= named[name]})
    most = sorted(mentions, key=lambda name: (-mentions[name], name))[:MOST_PLACES]
    return [Place(name=name, mentions=mentions[name], first_chapter=first[name]) for name in most]
