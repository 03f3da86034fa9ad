"""Names and words of Korean."""

import re
from collections import Counter

from novel_analysis.reading.lexicon import Lexicon, either, words_of
from novel_analysis.reading.names import Name

_WORDS = words_of("korean")
_ROLES = frozenset(_WORDS["roles"] + _WORDS["titles"])
_WOMEN, _MEN = (
    re.compile("여|녀|할머니|어머니|아주머니|노파|공주|왕비"),
    re.compile("^남|소년|할아버지|아버지|아저씨|왕자|사내|스님"),
)
_NEVER = _ROLES.union(_WORDS["never_names"])
_SURNAMES = "".join(_WORDS["surnames"])
_GIVEN = re.compile(rf"(?:{either(_WORDS['given'])})(?![도만소한])(?:{either(_WORDS['given'])})")
_OF_AGE = frozenset(_WORDS["titles_of_women"] + _WORDS["titles_of_men"]).intersection(_WORDS["roles"])
_EDGE = "(?<![가-힣])"
_WITH_TITLE = rf"([가-힣]{{1,4}}?) ?({either(_WORDS['titles'])})"
_PARTICLE = (
    "(?:이|가|은|는|을|를|의|도|만|과|와|나|이나|이랑|랑|하고|로|보다|처럼|까지|부터|마저|조차|(?:에게|한테|께)서?[는도]?"
    "|이?(?:다|며|자|야|네|지|죠|요|고|에요)|예요|인[데가]?|일|입니[다까]|이?라[고는며면]?|이?라니|이?란|이?었다|였다|이?셨다|이?여)"
)
_TITLED = re.compile(rf"{_EDGE}({_WITH_TITLE})님?{_PARTICLE}?(?![가-힣])")
_NAME_AND_TITLE = re.compile(_WITH_TITLE)
_SELDOM = "전현신구모"
_RANKED = re.compile(rf"[여남노부지](?:{either(_WORDS['titles'])})|[정조]교수")
"""Roles, though they begin as surnames do: a woman, a man, an old one, a deputy, of a branch; a full, an assistant."""
_SAYS = rf"(?:{either(_WORDS['saying'])})"
_SUBJECT = "(?:이는|이가|께서는|께서|이|가|은|는|도)"
_SPEAKS = re.compile(rf"{_EDGE}([가-힣]{{2,4}}?){_SUBJECT}(?=[ ,\n][^.!?]{{0,40}}?{_SAYS})")
_GIVEN_TO = re.compile(r"(?<![가-힣])([가-힣]{2,4}?)(?:이에게|에게|한테|께)(?![가-힣])")
_HONOURED = re.compile(r"(?<![가-힣])([가-힣]{2,4}) ?(?:씨|군|양)(?=[ ,.!?는가은이를도의와]|$)")
_CALLED = re.compile(r"(?<![가-힣])([가-힣]{2,3}?)(?:이?야|아)(?=[,!?.])")

_AFTER = "(?:하루|이틀|사흘|나흘|열흘|며칠|[가-힣]{1,2} ?(?:분|시간|달|년|주일)) ?(?:뒤|후)"
_CHANGE = f"(?:다음 ?날|이튿날|그날 (?:밤|저녁|오후)|한편|{_AFTER})"
_TIME = (
    f"(?:{_CHANGE}|그날|그때|그해|어느 ?날|아침|점심|저녁|밤|새벽|한밤중|자정|정오|오늘"
    "|어제|옛날|잠시 (?:뒤|후)|오랫동안|[가-힣]{1,2} ?(?:시간|달|년|주일|분) ?전|봄|여름|가을|겨울)"
)


def parse(form: str) -> Name:
    """A Korean name, taken apart: family and given name of three syllables, a title behind; any other is one part."""
    if _is_role(form):
        return Name(form, (), form, True if _WOMEN.search(form) else False if _MEN.search(form) else None)
    found = _NAME_AND_TITLE.fullmatch(form)
    bare, title = found.groups() if found else (form, "")
    woman = True if title in _WORDS["titles_of_women"] else False if title in _WORDS["titles_of_men"] else None
    return Name(title, (bare[0], bare[1:]) if _is_full(bare) else (bare,), bare, woman)


def names(told: str, spoken: str) -> Counter[str]:
    """The persons' names, and the roles of those who speak, as they are written, with how often each is seen."""
    text = f"{told}\n{spoken}"
    titled = Counter(_TITLED.findall(text))
    named = {written for (written, name, title), count in titled.items() if _is_titled(written, name, title, count)}
    untitled = _TITLED.sub(lambda found: "" if found[1] in named else found[0], told)
    speak = Counter(_role(name) or name for name in _SPEAKS.findall(untitled))
    seen = (
        speak + Counter(_GIVEN_TO.findall(text)) + Counter(_HONOURED.findall(text)) + Counter(_CALLED.findall(spoken))
    )
    words = re.findall(r"[가-힣]{2,}", text)
    surnamed = [word for word in words if len(word) > 2 and word[0] in _SURNAMES]
    starts = Counter(word[:2] for word in words) + Counter(word[1:3] for word in surnamed)
    stems = {_stem(name, seen) for name in seen}
    roles = Counter({name: count for name, count in speak.items() if _is_role(name)})
    persons = {stem for stem in stems - _NEVER if _role(stem) is None and _is_person(stem, seen, starts)}
    found = Counter({stem: max(seen[stem], 1) for stem in persons})
    given = {parse(name).parts[-1] for name in persons}
    found.update(word[:3] for word in surnamed if word[1:3] in given and len(word) < 7)
    found.update(given.difference(persons).intersection(words))
    families = {parts[0] for name in persons if len(parts := parse(name).parts) == 2}
    for (written, name, _), count in titled.items():
        known = name in found or (_is_full(name) and name[1:] in seen) or (name in _SELDOM and name in families)
        found.update({written: count} if written in named or (known and not _is_role(written)) else {})
    held = {parse(name).title for name in found} & _ROLES
    return found + roles + Counter({role: 1 for role in sorted(held) if re.search(rf"(?<![가-힣] ){role}", told)})


def _is_titled(written: str, name: str, title: str, count: int) -> bool:
    """Whether a surname, or a full name, stands before a title, as far as the words alone tell: 김 과장, 이준호 대리.

    제 is "my"; 전, 현, 신 and 구 are a former, present, new or old one, 모 is "a certain", where they are seen only
    once. Before a word of age 이 is "this" and 한 "an". Any word may have three syllables (여전히, 강력반); a name has
    those that given names are made of.
    """
    if _is_role(written):
        return False
    if len(name) == 1:
        never = "제이한" if title in _OF_AGE else "제"
        return name in _SURNAMES and name not in never and (count > 1 or name not in _SELDOM)
    plain = _is_full(name) and not {name, name[:2]} & _NEVER
    return plain and title not in _OF_AGE and _GIVEN.fullmatch(name, 1) is not None


def _is_full(name: str) -> bool:
    return len(name) == 3 and name[0] in _SURNAMES


def _is_role(form: str) -> bool:
    return form in _ROLES or _RANKED.fullmatch(form) is not None


def _role(name: str) -> str | None:
    """The role that a word is: 과장 of 과장 and of 과장님."""
    return next((each for each in (name, name.removesuffix("님")) if _is_role(each)), None)


def _stem(name: str, seen: Counter[str]) -> str:
    """The name without the vowel that is put behind a consonant: 서연 of 서연이."""
    return name[:-1] if name[-1] == "이" and len(name) > 2 and (name[:-1] in seen or len(name) == 3) else name


def _is_person(stem: str, seen: Counter[str], starts: Counter[str]) -> bool:
    return len(stem) < 5 and (seen[stem] + seen[f"{stem}이"] > 1 or _is_full(stem) or starts[stem] > 1)


def _place(written: str) -> str | None:
    return (
        None
        if written in _WORDS["never_places"] or re.search("(?:소|거|자|머|다|유|우|무|꼬|뿌)리$", written)
        else written
    )


LEXICON = Lexicon(
    names=names,
    parse=parse,
    introduces=re.compile(
        r"(?:저는|나는|내가|제가|내 이름은|제 이름은) ([가-힣]{2,4}?)(?:이?라고|입니다|이에요|예요|이다|이야|야|요)"
    ),
    speech=re.compile(_SAYS),
    cites=re.compile(r"(?:이?라고|이?라며|하고|하며|고) "),
    citing=re.compile(r"(?!)"),
    bare_quotes=True,
    edges=("(?<![가-힣])", ""),
    he=re.compile(r"(?<![가-힣])그(?:는|가|도)(?![가-힣])"),
    she=re.compile(r"(?<![가-힣])그녀(?:는|가|도)"),
    i=re.compile(r"(?<![가-힣])(?:나는|내가|나도)(?![가-힣])"),
    feeling=re.compile(either(_WORDS["feeling"])),
    motion=re.compile(either(_WORDS["motion"])),
    thought=re.compile(either(_WORDS["thinking"])),
    time=re.compile(_TIME),
    change=re.compile(_CHANGE),
    looks=re.compile(
        rf"{_EDGE}(?:(?:{either(_WORDS['describing'])}) ){{1,4}}(?:[가-힣]+ )?(?:{either(_WORDS['looks'])})"
        rf"|{_EDGE}키가 (?:크|작|컸|작았)[가-힣]*|{_EDGE}[가-힣]+ ?살(?![가-힣])"
        rf"|{_EDGE}(?:등|허리|수염|머리)[은이] [가-힣 ]{{2,14}}"
    ),
    places=re.compile(
        rf"(?<![가-힣])(?P<place>[가-힣]{{0,5}}?(?:{either(_WORDS['places'])})|(?:{either(_WORDS['cities'])}))"
        r"(?= ?(?:안|앞|위|밖)?(?:에서|에는|에|으로|로|까지|부터|을 떠|문|창가)(?![가-힣]{3}))"
    ),
    place=_place,
    here=re.compile("."),
    called=re.compile(r"(?:이?야|아| ?씨)?[,.!?…]|$"),
    owns=re.compile("의 (?!목소리|얼굴|눈|손|입)"),
    talk=("{}의 말.", "{}의 대화.", "누군가의 말.", ", "),
)
