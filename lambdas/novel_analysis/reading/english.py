"""Names and words of English."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from novel_analysis.reading.lexicon import Lexicon, either, words_of
from novel_analysis.reading.names import Name

_WORDS = words_of("english")
_NEVER = frozenset(_WORDS["never_names"])
_GIVEN = frozenset(_WORDS["names_of_women"] + _WORDS["names_of_men"])
_WORD = r"[A-Z][a-zà-ÿ]*(?:['’](?:[A-Z][a-zà-ÿ]+|[a-rt-z][a-zà-ÿ]+))?(?:-[A-Z][a-zà-ÿ]+)*"
_SHORT = r"(?:(?:Mr|Mrs|Ms|Dr|Prof|Capt|Lt|Sgt|Col|Gen|Rev|St)\. )?"
_RUN = re.compile(
    rf"\b{_SHORT}{_WORD}\b(?: [A-Z]\.)*(?: (?:(?:of|de|van|von|du|la|le|der|al) )?{_SHORT}{_WORD}\b){{0,4}}"
)
_INTRODUCES = re.compile(rf"\b(?:I am|I['’]m|[Mm]y name is|[Mm]y name['’]s|[Cc]all me) ({_RUN.pattern})")
_TITLE = rf"(?:{either(_WORDS['titles_of_men'])}|{either(_WORDS['titles_of_women'])}|{either(_WORDS['titles'])})"
_TITLED = re.compile(rf"(?:the )?({_TITLE})\.?(?: |$)", re.IGNORECASE)
_ADVERB = r"(?:(?:[a-z]+ly|then|only|just|once|at last|at once|finally|never|again|still|also|had|suddenly) )?"
_SAYS = rf"(?:{either(_WORDS['saying'])})"
_SAYS_BEHIND = re.compile(rf" {_ADVERB}{_SAYS}\b")
_SAYS_BEFORE = re.compile(rf"\b{_SAYS} $")
_ACTS_BEHIND = re.compile(
    rf"(?:, (?:the|an?) [a-z -]{{2,40}},)? {_ADVERB}(?:and [A-Z][a-z]+ )?"
    rf"(?:(?!(?:{either(_WORDS['seeming'])})\b)[a-z]{{2,}}ed|{either(_WORDS['acting'])})\b"
)
_OWNS_BEHIND = re.compile(rf"['’]s? (?:[a-z]+ )?(?:{either(_WORDS['body'])})\b")
_LIES_IN = re.compile(
    r"\b(?:in|into|on|onto|off|up|down|along|around|past|through|across|inside|outside|throughout|leaving|left|reached"
    r"|entered|near|of|at|from|to|toward|towards) (?:the |old |little )*$"
)
_IS_BEHIND = re.compile(rf", (?:the|an?) (?:[a-z]+ )?(?:{either(_WORDS['roles'])})\b")
_THE_BEFORE = re.compile(r"\b(?:[Tt]he|[Aa]n?|Christmas|Year['’]s) $")
_STARTS = re.compile(r"(?:^|[.!?…:;—“\"‘(\n] *)$")
_STREET = re.compile(rf"\b(?:{either(_WORDS['streets'])})$", re.IGNORECASE)
_PLACE_WORD = re.compile(rf"\b(?:{either(_WORDS['places'])})s?$", re.IGNORECASE)
_ROLE = rf"the (?:[a-z]+ )?(?:{either(_WORDS['roles'])})"
_ROLE_SAYS = re.compile(rf"\b(?:{_SAYS} ({_ROLE})\b|([Tt]{_ROLE[1:]}) {_ADVERB}{_SAYS}\b)")
_INVERTED = re.compile(
    rf"^(?!{_SAYS} [^,]{{1,60}}, (?:the|an?) )({_SAYS}) (he|she|I|{_ROLE}|(?:{_TITLE}\.? )?{_RUN.pattern})",
    re.IGNORECASE,
)
_DAYTIME = "(?:day|morning|evening|night|afternoon|week|month|year|winter|summer|spring|autumn)"
_HOUR = "(?:dawn|dusk|noon|midnight|sunset|sunrise|nightfall|first light|morning|evening)"
_AFTER = r"(?:\w+ ){1,3}?(?:minutes?|hours?|days?|weeks?|months?|years?)"
_CHANGE = (
    rf"(?:the )?(?:next|following) {_DAYTIME}|that (?:same )?{_DAYTIME}|{_AFTER} (?:later|passed)|later that|meanwhile"
    rf"|elsewhere|(?:at|by) {_HOUR}|in the (?:morning|evening|afternoon)"
)
_TIME = (
    rf"{_CHANGE}|{_AFTER} (?:before|ago)|later|for \w+ (?:days|weeks|months|years|hours)|(?:all|every) {_DAYTIME}"
    rf"|it was (?:\w+ ){{0,3}}?(?:{_DAYTIME}|{_HOUR})|once upon a time"
    r"|when (?:morning|night|dawn|evening) (?:came|fell|broke)"
    r"|on (?:mon|tues|wednes|thurs|fri|satur|sun)day"
)
_LOCATIVE = (
    r"\b(?i:in|into|at|to|from|inside|outside|near|through|across|towards?|on|onto|behind|beyond|left|reached|entered|along"
    r"|above|below|down|up|off|in front of)"
)
_DETERMINED = (
    r"(?:the |a |an |her |his |their |this |that )?(?:(?!(?:the|an?|and|of|his|her|with|one|it)\b)[a-z]+ ){0,2}?"
)
_DESCRIBING = f"(?:{either(_WORDS['describing'])})"
_PLACES = either(_WORDS["places"])
_CAPITAL_PLACES = either(map(str.title, _WORDS["places"]))


@dataclass
class _Evidence:
    """What speaks for a word being a person's name, or against it."""

    person: int = 0
    other: int = 0
    within: int = 0
    count: int = 0
    said: int = 0


def parse(form: str) -> Name:
    """An English name, taken apart. Initials do not count as parts."""
    title, rest = "", " ".join(form.replace(".", " ").split())
    if rest.startswith("Old "):
        title, rest = "old man", rest[4:]
    while (found := _TITLED.match(rest)) and (not title or found.end() < len(rest)):
        title, rest = title or found[1].lower(), rest[found.end() :]
    if not rest and title:
        return Name(title, (), form, _sex(title, ""))
    tokens = tuple(each for each in rest.removeprefix("the ").split() if len(each) > 1)
    if rest[:1].islower():
        role = rest.removeprefix("the ")
        return Name(role, (), form, _role_sex(role))
    return Name(title, tokens or (rest,), rest, _sex(title, tokens[0] if tokens else ""))


def _role_sex(role: str) -> bool | None:
    return True if role in _WORDS["roles_of_women"] else False if role in _WORDS["roles_of_men"] else None


def _sex(title: str, given: str) -> bool | None:
    if title in _WORDS["titles_of_women"] or given in _WORDS["names_of_women"]:
        return True
    return False if title in _WORDS["titles_of_men"] or given in _WORDS["names_of_men"] else None


def names(told: str, spoken: str) -> Counter[str]:
    """The persons' names, and the roles of those who speak, as they are written, with how often each is seen."""
    seen: dict[str, _Evidence] = defaultdict(_Evidence)
    for run, start, end in _runs(told):
        _look_around(seen[run], run, told[max(0, start - 32) : start], told[end : end + 48])
    for run, start, end in _runs(spoken):
        _hear(seen[run], spoken[max(0, start - 24) : start], spoken[end : end + 2])
    for run in _INTRODUCES.findall(spoken):
        seen[run].person += 2 * (run.split(" ")[0] not in _NEVER)
    persons = {run for run, each in seen.items() if _is_person(run, each)}
    known = {part for run in persons for part in parse(run).parts}
    roles = Counter(found[1] or found[2].lower() for found in _ROLE_SAYS.finditer(told))
    found = {run: seen[run].count for run in seen if run in persons or _is_part(run, known, seen[run])}
    return Counter(found) + Counter(_titles(found, told)) + roles


def _runs(text: str) -> Iterator[tuple[str, int, int]]:
    """Capitalised words in a row, without those that only begin a sentence; and where they stand."""
    for found in _RUN.finditer(text):
        run, start = found.group(), found.start()
        while run.split(" ", 1)[0].rstrip(".") in _NEVER:
            first, _, run = run.partition(" ")
            start += len(first) + 1
            if run.split(" ", 1)[0].islower():
                run = ""
        while run and run.rsplit(" ", 1)[-1] in _NEVER:
            run = run.rpartition(" ")[0]
        if len(run) > 1 and not _TITLED.fullmatch(run):
            yield run, start, start + len(run)


def _look_around(seen: _Evidence, run: str, before: str, after: str) -> None:
    seen.count += 1
    speaks = bool(_SAYS_BEHIND.match(after) or _SAYS_BEFORE.search(before))
    seen.said += speaks
    seen.within += not _STARTS.search(before)
    if _THE_BEFORE.search(before) and not _TITLED.match(run):
        seen.other += 2
    elif _LIES_IN.search(before):
        seen.other += not _OWNS_BEHIND.match(after)
    else:
        signs = (_ACTS_BEHIND, _OWNS_BEHIND, _IS_BEHIND)
        seen.person += 3 * speaks + sum(sign.match(after) is not None for sign in signs)


def _hear(seen: _Evidence, before: str, after: str) -> None:
    """In speech: whoever is called by the name, between commas."""
    seen.count += 1
    seen.within += not _STARTS.search(before)
    called = (before.endswith(", ") or _STARTS.search(before)) and after[:1] in (",", "!", "?")
    seen.other += bool(_LIES_IN.search(before) or _THE_BEFORE.search(before))
    seen.person += bool(called or (before.endswith(", ") and after[:1] in (".", "", "\n")))


def _is_person(run: str, seen: _Evidence) -> bool:
    name = parse(run)
    if not name.parts or _is_place(run, seen, known=set()):
        return False
    given, full = name.parts[0] in _GIVEN, name.rank == 3
    titled = bool(name.title) and (full or name.title != "old man")
    within = seen.within > 0 and (given or (full and seen.person > seen.other))
    acts = seen.person > 0 and (within or (given and (full or seen.person > 1)))
    often = seen.within > 1 and seen.other == 0
    person = seen.person + 3 * titled + 2 * (acts or (given and full)) + often
    certain = seen.said > 0 or titled or seen.within > 0 or acts
    return certain and person >= 2 and person > seen.other


def _is_part(run: str, known: set[str], seen: _Evidence) -> bool:
    """Whether a name is a person's because a known one holds it, or is held by it. Marsh End, where one only is or goes
    to, is none of Isolde Marsh's.
    """
    parts = parse(run).parts
    held = bool({*parts[:1], *parts[-1:]} & known)
    elsewhere = len(parts) > 1 and parts[0] not in _GIVEN and seen.other > 0 and seen.person == 0
    return held and not elsewhere and seen.other <= seen.count and not _is_place(run, seen, known)


def _is_place(run: str, seen: _Evidence, known: set[str]) -> bool:
    """Whether a name that ends in a place word is a place's: Baker Street, Captain Cook Street. It is not where it is
    told to speak. But for a street's, it is not either where a title that no place has stands before the word alone
    (Mrs. Church; Captain Ridge has to act, as there is a Judge Park), or a known person's given name does.
    """
    if seen.said or not _PLACE_WORD.search(run):
        return False
    name = parse(run)
    if _STREET.search(run):
        return True
    if name.title and name.title != "old man":
        acts = seen.person > 0 or name.title not in _WORDS["titles"]
        return name.title in _WORDS["titles_of_places"] or len(name.parts) > 1 or not acts
    return not (name.parts[0] in _GIVEN and name.parts[0] in known and seen.person >= seen.other)


def _titles(found: dict[str, int], told: str) -> Iterator[str]:
    """ "the captain", where somebody is called Captain Voss."""
    for title in sorted({parse(run).title for run in found} & set(_WORDS["titles"])):
        if f"the {title}" in told:
            yield f"the {title}"


def _place(written: str) -> str | None:
    if written.split(maxsplit=1)[0] in _NEVER or _TITLED.match(written):
        return None
    return f"the {written}" if written.islower() else written


def _straight(sentence: str) -> str:
    """Words behind speech, as a sentence: "Mara said, leaning back" for "said Mara, leaning back"."""
    return _INVERTED.sub(r"\2 \1", sentence, count=1)


LEXICON = Lexicon(
    names=names,
    parse=parse,
    introduces=_INTRODUCES,
    speech=re.compile(rf"\b{_SAYS}\b"),
    cites=re.compile(rf",? ?(?:{_SAYS}|(?:he|she|they|I|[A-Z][a-z]+) {_ADVERB}{_SAYS})\b"),
    citing=re.compile(rf"\b{_SAYS},? $"),
    bare_quotes=False,
    edges=(r"\b", r"\b"),
    he=re.compile(r"\b[Hh]e\b|\bHis\b"),
    she=re.compile(r"\b[Ss]he\b|\bHer\b"),
    i=re.compile(r"\bI\b"),
    feeling=re.compile(rf"\b(?:{either(_WORDS['feeling'])})\b", re.IGNORECASE),
    motion=re.compile(rf"\b(?:{either(_WORDS['motion'])})\b"),
    thought=re.compile(rf"\b(?:{either(_WORDS['thinking'])})\b"),
    time=re.compile(rf"(?:{_TIME})\b", re.IGNORECASE),
    change=re.compile(rf"(?:{_CHANGE})\b", re.IGNORECASE),
    looks=re.compile(
        rf"\b(?:{_DESCRIBING}(?:,? and |, |-| )){{1,5}}(?:[a-z]+ )??(?:{either(_WORDS['looks'])})\b"
        rf"|\b(?:scars?|freckles|tattoos?) (?:across|on|over|along|down|above|under|beneath|at) [a-z ]{{3,30}}"
        rf"|\b(?:hair|eyes|beard|skin) (?:was|were|the colou?r of) (?:[a-z]+ ){{0,2}}{_DESCRIBING}\b"
        rf"|\b[a-z]+(?:-[a-z]+)? years? old\b|\bin (?:his|her) [a-z]+ties\b",
    ),
    places=re.compile(
        rf"{_LOCATIVE} {_DETERMINED}(?P<place>(?:[A-Z][\w’']+ ){{1,3}}(?:{_PLACES}|{_CAPITAL_PLACES})\b"
        rf"|(?:{_PLACES})\b|[A-Z][a-z]+(?: [A-Z][a-z]+){{0,2}}\b)"
    ),
    place=_place,
    here=re.compile(
        r"(?:In|Into|At|On|Onto|Inside|Outside|Behind|Reached|Entered|Along|Down|Up|Through) ", re.IGNORECASE
    ),
    called=re.compile(r"[,.!?—…]|$"),
    owns=re.compile(r"['’]s? (?!voice|face|eyes|hand|lips|mouth)"),
    talk=("{} speaks.", "{} talk.", "Somebody speaks.", " and "),
    drops_subjects=False,
    acts_before=False,
    dense=1,
    told=_straight,
)
