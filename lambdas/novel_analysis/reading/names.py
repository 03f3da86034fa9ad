"""Which names mean one person: the same rules for the names of a chapter and for the persons of a book's chapters."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

MOST_NAMES = 200
"""Persons that a chapter can have; the most mentioned stay."""


@dataclass(frozen=True)
class Name:
    """A name, taken apart. "Captain Mara Voss": title "captain", parts ("Mara", "Voss"), bare "Mara Voss".

    A name with no parts is a role, e.g. "the captain". woman: None where the name does not tell.
    """

    title: str
    parts: tuple[str, ...]
    bare: str
    woman: bool | None = None

    @property
    def rank(self) -> int:
        """How well it tells who is meant: a full name 3, a title and a name 2, a name 1, a role 0."""
        return 3 if len(self.parts) > 1 else 2 if self.parts and self.title else len(self.parts)

    @property
    def key(self) -> tuple[str, ...]:
        """What two names of one rank share when they mean the same person."""
        return self.parts if self.rank in (1, 3) else (self.title, *self.parts)


Parse = Callable[[str], Name]


@dataclass
class Person:
    """Whoever some names mean. forms: the names as they are written, with how often. groups: of those given, which."""

    forms: dict[str, int]
    names: set[Name] = field(default_factory=set)
    groups: list[int] = field(default_factory=list)
    chapters: set[int] = field(default_factory=set)

    @property
    def mentions(self) -> int:
        return sum(self.forms.values())

    @property
    def best(self) -> Name:
        return max(self.names, key=lambda each: (each.rank, each.title, each.parts, each.bare))

    def display(self, parse: Parse) -> str:
        """The name to call the person by: the full one without its title, else the best one as it is written most."""
        best = self.best
        written = [(count, form) for form, count in self.forms.items() if parse(form).key == best.key]
        return best.bare if best.rank == 3 else max(written, key=lambda each: (each[0], each[1]))[1]


def persons(found: Iterable[tuple[int, dict[str, int]]], parse: Parse) -> list[Person]:
    """The persons that groups of names mean, the most mentioned first; the same for every order of the groups.

    found: groups of names of one person each, with how often each stands there, and the number of their chapter.
    A group goes with the one person of a better name that it fits: "Captain Voss", "Mara" and "the captain" with
    "Mara Voss". Where it fits several, or none, it is a person of its own. Two full names never are one person. Whoever
    once was "the girl" stays that where she is named in the same chapter, for elsewhere it may be another girl.
    """
    groups = [
        Person(dict(forms), {parse(form) for form in forms}, [number], {chapter})
        for number, (chapter, forms) in enumerate(found)
    ]
    known: dict[int, dict[tuple[str, ...], Person]] = {3: {}, 2: {}, 1: {}, 0: {}}
    for rank, alike in known.items():
        anchors = [person for better in known.values() for person in better.values()]
        joined: dict[tuple[str, ...], list[Person]] = defaultdict(list)
        for group in (each for each in groups if each.best.rank == rank):
            joined[group.best.key].append(group)
        for key, same in sorted(joined.items()):
            fitting = [(each, _fitting(each, anchors)) for each in same]
            for each, target in fitting:
                _add(target or alike.setdefault(key, Person({})), each)
    everybody = [person for ranked in known.values() for person in ranked.values()]
    return sorted(everybody, key=lambda each: (-each.mentions, each.display(parse)))


def _add(person: Person, other: Person) -> None:
    for form, count in other.forms.items():
        person.forms[form] = person.forms.get(form, 0) + count
    person.names |= other.names
    person.groups += other.groups
    person.chapters |= other.chapters


def _fitting(group: Person, anchors: list[Person]) -> Person | None:
    """The one person that a lesser name can mean. Who bears its very title comes before whoever may bear it."""
    name = group.best
    titled = [each for each in anchors if name.title and bears_title(each.names, name.title)]
    if not name.parts:
        called = [each for each in anchors if name.key in {known.key for known in each.names}]
        titled = titled or [each for each in called if each.chapters & group.chapters]
        return titled[0] if len(titled) == 1 else None
    bearing = [each for each in anchors if _bears(each, name)]
    if name.rank == 2:
        with_title = [each for each in bearing if each in titled]
        bearing = with_title or bearing
    return bearing[0] if len(bearing) == 1 else None


def _bears(person: Person, name: Name) -> bool:
    """Whether the name is the first or last part of the person's, and no sex speaks against it."""
    parts = person.best.parts
    told = {known.woman for known in person.names} - {None}
    return name.parts[0] in (parts[:1] + parts[-1:]) and (name.woman is None or told <= {name.woman})


def bears_title(names: Iterable[Name], title: str) -> bool:
    """Whether a person's names hold a title beside a name: "captain" in "Captain Voss", not in "the captain"."""
    return any(known.title == title and known.parts for known in names)
