"""Who is in a chapter, by every name; and whom a pronoun means."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import pairwise

from novel_analysis.models import Bible
from novel_analysis.reading.lexicon import Pattern
from novel_analysis.reading.names import MOST_NAMES, Group, Person, bears_title, persons
from novel_analysis.reading.page import Page
from novel_analysis.sentences import sentence_ends

_CLAUSE = re.compile(
    r"[.!?。！？]\s*|[,，、]\s*(?:and |but |as |when |while )?| (?:and|but|as|when|while|until|before) "
)
_ENDS_SENTENCE = ".!?。！？"


class Cast:
    """Names as they are written, and the name of the person each of them means."""

    def __init__(self, forms: Mapping[str, str], page: Page) -> None:
        self.forms = forms
        self._page = page
        self._written = {
            **forms,
            **{f"a {form[4:]}": name for form, name in forms.items() if self._is_introduced(form)},
        }
        self._pattern = _any_of(self._written, page.words.edges)

    def found(self, text: str) -> list[tuple[int, int, str]]:
        """Where persons are named in a text: from, to, and who."""
        if self._pattern is None:
            return []
        return [(each.start(), each.end(), self._name(each.group())) for each in self._pattern.finditer(text)]

    def named(self, text: str) -> list[str]:
        """Who is named in a text, in the order of appearance."""
        return list(dict.fromkeys(name for _, _, name in self.found(text)))

    def mentions(self) -> Counter[str]:
        """How often each person is named in the chapter; of those that are."""
        return Counter(name for _, _, name in self.found(self._page.text))

    @cached_property
    def women(self) -> dict[str, bool]:
        """Of whom the sex is known: by title or given name, else by the pronouns that go on with the name."""
        known = {name: count > 0 for name, count in self.she().items()}
        return known | {
            name: woman
            for form, name in self.forms.items()
            if (woman := self._page.words.parse(form).woman) is not None
        }

    def she(self) -> dict[str, int]:
        """How much more "she" than "he" begins a clause behind a person's name, before another name: less than 0 where
        "he" does. A sentence counts twice; one after "her husband" does not.
        """
        told, words = self._page.told, self._page.words
        votes: dict[str, int] = defaultdict(int)
        for (_, end, name), (start, _, _) in pairwise([*self.found(told), (len(told), 0, "")]):
            behind = told[end : min(start, end + 120)].partition("\n")[0]
            for begin in _CLAUSE.finditer(behind):
                weight = 2 if begin.group()[0] in _ENDS_SENTENCE else 1
                she, he = words.she.match(behind, begin.end()), words.he.match(behind, begin.end())
                other = (words.he if she else words.she).search(behind[: begin.start()].title())
                votes[name] += 0 if other else weight * (bool(she) - bool(he))
        return {name: count for name, count in votes.items() if count}

    def _name(self, written: str) -> str:
        return self._written.get(written) or self._written[written[:1].lower() + written[1:]]

    def _is_introduced(self, form: str) -> bool:
        """Whether somebody is "a girl" before being "the girl"; no title says whose else it is."""
        title = self._page.words.parse(form).title
        names = (self._page.words.parse(each) for each, name in self.forms.items() if name == self.forms[form])
        return form.startswith("the ") and not bears_title(names, title)


class Thread:
    """Who was spoken of last, for pronouns."""

    def __init__(self, cast: Cast, page: Page) -> None:
        self._cast, self._words = cast, page.words
        self.recent: list[str] = []

    def note(self, names: Iterable[str]) -> None:
        """Remember who was named in a sentence, the first one best: a pronoun goes on with whoever acts."""
        for name in reversed(list(names)):
            if name in self.recent:
                self.recent.remove(name)
            self.recent.append(name)

    def read(self, text: str) -> None:
        """Remember who was named in a text, in its last sentence best."""
        start = 0
        for end in (*sentence_ends(text), len(text)):
            self.note(self._cast.named(text[start:end]))
            start = end

    def meant(self, text: str, *, but: str | None = None) -> str | None:
        """Whom the text's first pronoun means; None without one, or where nobody fits.

        but: rather not this one, who has to be known to be of that sex.
        """
        he, she = self._words.he.search(text), self._words.she.search(text)
        if he is None and she is None:
            return None
        woman = he is None or (she is not None and she.start() < he.start())
        women = self._cast.women
        fitting = [name for name in reversed(self.recent) if women.get(name, woman) is woman]
        return next((name for name in fitting if name != but), but if women.get(but or "") is woman else None)


def people(page: Page) -> list[Person]:
    """The persons that a chapter names."""
    found = page.words.names(page.told, page.spoken)
    forms = dict(sorted(found.items(), key=lambda each: (-each[1], each[0]))[: 2 * MOST_NAMES])
    she = Cast({form: form for form in forms}, page).she()
    groups = {form: Group(1, {form: count}, she.get(form, 0)) for form, count in sorted(forms.items())}
    for role, name in _introduced(page, set(forms)).items():
        groups[name].forms.update(groups.pop(role).forms)
    return persons(groups.values(), page.words.parse)[:MOST_NAMES]


def cast(everybody: list[Person], page: Page) -> Cast:
    """A chapter's persons, by the chapter's own names alone."""
    parse = page.words.parse
    return Cast({form: person.display(parse) for person in everybody for form in person.forms}, page)


def cast_of(bible: Bible, page: Page) -> Cast:
    """The chapter's persons by their names in the bible: who only one in the book, or one in the chapter, can be."""
    parse = page.words.parse
    holders: dict[str, list[str]] = defaultdict(list)
    for character in bible.characters:
        for form in dict.fromkeys([character.name, *character.aliases]):
            if form in page.text:
                holders[form].append(character.name)
    sure = {form: names[0] for form, names in holders.items() if len(names) == 1 and parse(form).parts}
    forms = dict(sure)
    for person in people(page):
        ranked = sorted(person.forms, key=lambda form: (-parse(form).rank, form))
        name = next((sure[form] for form in ranked if form in sure), None)
        forms |= {form: name for form in ranked if name is not None}
    roles = {form: names for form, names in holders.items() if form not in forms and not parse(form).parts}
    here = {*forms.values(), *roles}
    titled = {(each.name, parse(form).title) for each in bible.characters for form in each.aliases if parse(form).parts}
    for role, names in roles.items():
        fitting = [name for name in names if name in here or (name, parse(role).title) in titled]
        fitting = [name for name in fitting if name != role] or fitting
        forms |= {role: fitting[0]} if len(fitting) == 1 else {}
    return Cast(forms, page)


def _introduced(page: Page, forms: set[str]) -> dict[str, str]:
    """Roles that told their name, and to no other: "I am Tom Reed," said the stranger."""
    roles = {form for form in forms if not page.words.parse(form).parts}
    told_by: dict[str, set[str]] = defaultdict(set)
    for paragraph in page.paragraphs:
        names = {
            found[1] for piece in paragraph if piece.spoken for found in page.words.introduces.finditer(piece.text)
        }
        by = {role for piece in paragraph if not piece.spoken for role in roles if role in piece.text}
        if len(by) == 1:
            told_by[by.pop()] |= names & (forms - roles)
    return {role: names.pop() for role, names in told_by.items() if len(names) == 1}


def _any_of(forms: Iterable[str], edges: tuple[str, str]) -> Pattern | None:
    """A pattern of all names, the longest first, by their first letter, so that most places of a text cost one look."""
    by_first: dict[str, list[str]] = defaultdict(list)
    for form in sorted(forms, key=lambda each: (-len(each), each)):
        by_first[form[0]].append(re.escape(form[1:]))
    groups = [f"{_first(first)}(?:{'|'.join(rest)})" for first, rest in by_first.items()]
    return re.compile(f"{edges[0]}(?:{'|'.join(groups)}){edges[1]}") if groups else None


def _first(letter: str) -> str:
    """Roles begin a sentence with a capital."""
    return f"[{letter}{letter.upper()}]" if letter.islower() else re.escape(letter)
