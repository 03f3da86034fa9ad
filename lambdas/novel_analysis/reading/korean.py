"""Names and words of Korean."""

import re
from collections import Counter

from novel_analysis.reading.lexicon import Lexicon, either, words_of
from novel_analysis.reading.names import Name

_WORDS = words_of("korean")
_ROLES = frozenset(_WORDS["roles"])
_WOMEN, _MEN = (
    re.compile("여|녀|할머니|어머니|아주머니|노파|공주|왕비"),
    re.compile("남자|소년|할아버지|아버지|아저씨|왕자|사내|스님"),
)
_NEVER = _ROLES.union(_WORDS["never_names"])
_SURNAMES = "".join(_WORDS["surnames"])
_EDGE = "(?<![가-힣])"
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
    if form in _ROLES:
        return Name(form, (), form, True if _WOMEN.search(form) else False if _MEN.search(form) else None)
    bare, _, title = form.partition(" ")
    known = title in _WORDS["titles"]
    woman = True if title in _WORDS["titles_of_women"] else False if title in _WORDS["titles_of_men"] else None
    bare = bare if known else form
    full = len(bare) == 3 and bare[0] in _SURNAMES
    return Name(title if known else "", (bare[0], bare[1:]) if full else (bare,), bare, woman)


def names(told: str, spoken: str) -> Counter[str]:
    """The persons' names, and the roles of those who speak, as they are written, with how often each is seen."""
    text = f"{told}\n{spoken}"
    speak = Counter(_SPEAKS.findall(told))
    seen = (
        speak + Counter(_GIVEN_TO.findall(text)) + Counter(_HONOURED.findall(text)) + Counter(_CALLED.findall(spoken))
    )
    words = Counter(re.findall(r"(?<![가-힣])[가-힣]{2,3}", text))
    stems = {_stem(name, seen) for name in seen}
    roles = Counter({name: count for name, count in speak.items() if name in _ROLES})
    persons = {stem for stem in stems - _NEVER if _is_person(stem, seen, text)}
    found = Counter({stem: max(seen[stem], 1) for stem in persons})
    for given in sorted(persons):
        bare = parse(given).parts[-1]
        found.update(re.findall(rf"(?<![가-힣])[{_SURNAMES}]{bare}(?![가-힣]{{4}})", text) if len(bare) == 2 else [])
        if bare != given and words[bare]:
            found[bare] += 1
    titles = either(_WORDS["titles"])
    found.update(
        written
        for name in sorted(found)
        for written in re.findall(rf"(?<![가-힣]){name} (?:{titles})(?![가-힣]{{3}})", text)
    )
    held = {parse(name).title for name in found} & _ROLES
    return found + roles + Counter({role: 1 for role in sorted(held) if re.search(rf"(?<![가-힣] ){role}", told)})


def _stem(name: str, seen: Counter[str]) -> str:
    """The name without the vowel that is put behind a consonant: 서연 of 서연이."""
    return name[:-1] if name[-1] == "이" and len(name) > 2 and (name[:-1] in seen or len(name) == 3) else name


def _is_person(stem: str, seen: Counter[str], text: str) -> bool:
    full = len(stem) == 3 and stem[0] in _SURNAMES
    often = len(re.findall(rf"(?<![가-힣])[{_SURNAMES}]?{stem}", text))
    return len(stem) < 5 and (seen[stem] + seen[f"{stem}이"] > 1 or full or (often > 1 and len(stem) == 2))


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
