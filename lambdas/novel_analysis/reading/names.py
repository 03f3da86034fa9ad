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


@dataclass(frozen=True)
class Group:
    """Names of one person in a chapter, as they are written, with how often each stands there.

    she: how much more "she" than "he" goes on with them there; less than 0 where "he" does.
    """

    chapter: int
    forms: dict[str, int]
    she: int = 0


@dataclass
class Person:
    """Whoever some names mean. forms: the names as they are written, with how often. groups: of those given, which.
    she: that of the groups together.
    """

    forms: dict[str, int]
    names: set[Name] = field(default_factory=set)
    groups: list[int] = field(default_factory=list)
    chapters: set[int] = field(default_factory=set)
    she: int = 0

    @property
    def mentions(self) -> int:
        return sum(self.forms.values())

    @property
    def best(self) -> Name:
        return max(self.names, key=lambda each: (each.rank, each.title, each.parts, each.bare))

    @property
    def may_be(self) -> set[bool]:
        """Whether it is a woman, as far as names tell, else pronouns; one in the midst of a sentence tells nothing."""
        told = {woman for name in self.names if (woman := name.woman) is not None}
        return told or ({self.she > 0} if abs(self.she) > 1 else {True, False})

    def display(self, parse: Parse) -> str:
        """The name to call the person by: the full one without its title, else the best one as it is written most."""
        best = self.best
        written = [(count, form) for form, count in self.forms.items() if parse(form).key == best.key]
        return best.bare if best.rank == 3 else max(written, key=lambda each: (each[0], each[1]))[1]


def persons(found: Iterable[Group], parse: Parse) -> list[Person]:
    """The persons that groups of names mean, the most mentioned first; the same for every order of the groups.

    A group goes with the one person of a better name that it fits: "Captain Voss", "Mara" and "the captain" with
    "Mara Voss". Where it fits several, or none, it is a person of its own. Two full names never are one person. Whoever
    once was "the girl" stays that where she is named in the same chapter, for elsewhere it may be another girl.
    """
    groups = [
        Person(dict(each.forms), {parse(form) for form in each.forms}, [number], {each.chapter}, each.she)
        for number, each in enumerate(found)
    ]
    known: dict[int, dict[tuple[str, ...], Person]] = {3: {}, 2: {}, 1: {}, 0: {}}
    for rank, alike in known.items():
        better = _Better([person for ranked in known.values() for person in ranked.values()])
        joined: dict[tuple[str, ...], list[Person]] = defaultdict(list)
        for group in (each for each in groups if each.best.rank == rank):
            joined[group.best.key].append(group)
        for key, same in sorted(joined.items()):
            fitting = [(each, better.fitting(each)) for each in same]
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
    person.she += other.she


class _Better:
    """The persons of better names that a lesser one can mean: by the first and last part, by title, and by role.

    All groups of one name are asked for before the next name's, and a name is looked up once: a family may be large.
    """

    def __init__(self, everybody: list[Person]) -> None:
        self._by_part: dict[str, list[Person]] = defaultdict(list)
        self._by_title: dict[str, list[Person]] = defaultdict(list)
        self._by_role: dict[tuple[tuple[str, ...], int], list[Person]] = defaultdict(list)
        self._named: dict[Name, Person | None] = {}
        for person in everybody:
            parts = person.best.parts
            for part in sorted({*parts[:1], *parts[-1:]}):
                self._by_part[part].append(person)
            for title in sorted({name.title for name in person.names if name.title and name.parts}):
                self._by_title[title].append(person)
            for role in sorted({name.key for name in person.names if not name.parts}):
                for chapter in person.chapters:
                    self._by_role[role, chapter].append(person)

    def fitting(self, group: Person) -> Person | None:
        """The one person that the group can mean. Who bears its very title comes before whoever may bear it."""
        name = group.best
        if not name.parts:
            (chapter,) = group.chapters
            fitting = self._by_title.get(name.title) or self._by_role.get((name.key, chapter), [])
            return fitting[0] if len(fitting) == 1 else None
        if name not in self._named:
            self._named[name] = self._bearer(name)
        return self._named[name]

    def _bearer(self, name: Name) -> Person | None:
        bearing = [
            each for each in self._by_part.get(name.parts[0], []) if name.woman is None or name.woman in each.may_be
        ]
        with_title = [each for each in bearing if name.rank == 2 and bears_title(each.names, name.title)]
        fitting = with_title or [each for each in bearing if each.may_be == {name.woman}] or bearing
        return fitting[0] if len(fitting) == 1 else None


def bears_title(names: Iterable[Name], title: str) -> bool:
    """Whether a person's names hold a title beside a name: "captain" in "Captain Voss", not in "the captain"."""
    return any(known.title == title and known.parts for known in names)
