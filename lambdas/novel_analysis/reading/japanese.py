"""Names and words of Japanese."""

import re
from collections import Counter

from novel_analysis.reading.lexicon import Lexicon, either, most, words_of
from novel_analysis.reading.names import Name

_WORDS = words_of("japanese")
_ROLES = frozenset(_WORDS["roles"])
_WOMEN, _MEN = re.compile("女|母|婆|姫|姉|妹"), re.compile("男|父|少年|兄|弟|王子|僧侶")
_NEVER = _ROLES.union(_WORDS["never_names"])
_KANJI, _KANA = "[\u4e00-\u9fff々]", "[ァ-ヴー]"
_NAME = f"(?:[男女]の子|{_KANJI}{{1,5}}|(?<![ァ-ヴー・]){_KANA}{{2,9}}(?:・{_KANA}{{2,9}})*)"
_SURNAME = re.compile(either(_WORDS["surnames"]))
_HONOURED_END = re.compile(rf"(?<=.)(?:{either(_WORDS['honorifics'])})$")
_SAYS = rf"(?:{either(_WORDS['saying'])})"
_SPEAKS = re.compile(rf"(?:(?<=と)|(?<![\u4e00-\u9fffァ-ヴー々]))({_NAME})(?:は|が|も)(?=[^。「」]{{0,24}}?{_SAYS})")
_ACTS = re.compile(
    rf"(?<![\u4e00-\u9fffァ-ヴー々の])({_NAME})(?:は|が)(?=[^。\n]{{0,60}}?(?:[いきしちにみりっん]た|んだ)[。\n])"
)
_HONOURED = re.compile(rf"(?<![\u4e00-\u9fffァ-ヴー々])({_NAME})(?:{either(_WORDS['honorifics'])})")
_INTRODUCES = re.compile(
    rf"(?:わたし|私|僕|ぼく|俺|おれ)(?:は|が)[^。、]{{0,6}}?({_NAME})(?:です|だ|と申し|という|と言い|でございます)"
)


def parse(form: str) -> Name:
    """A Japanese name, taken apart: a common family name and a given one, with what honours behind; else one part."""
    if form in _ROLES:
        return Name(form, (), form, True if _WOMEN.search(form) else False if _MEN.search(form) else None)
    parts = tuple(form.replace("＝", "・").split("・"))
    if len(parts) > 1:
        return Name("", parts, form)
    bare = _HONOURED_END.sub("", form)
    title = form.removeprefix(bare)
    found = _SURNAME.match(bare)
    surname = found[0] if found else ""
    given = bare.removeprefix(surname)
    return Name(title, (surname, given) if surname and given else (bare,), bare)


def names(told: str, spoken: str) -> Counter[str]:
    """The persons' names, and the roles of those who speak, as they are written, with how often each is seen."""
    text = f"{told}\n{spoken}"
    speak = Counter(_SPEAKS.findall(told))
    honoured = Counter(_HONOURED.findall(text))
    acts = Counter(_ACTS.findall(told))
    seen = speak + speak + honoured + honoured + acts
    introduced = set(_INTRODUCES.findall(spoken))
    certain = {name for name in seen if speak[name] or honoured[name] or _is_named(name)} | introduced
    found = most(Counter({name: seen[name] + 1 for name in sorted(certain - _NEVER)}))
    for name in sorted(found):
        parts = parse(name).parts
        found.update(
            _with_surname(name, text)
            if len(parts) == 1
            else [part for part in parts if len(part) > 1 and text.count(part) > text.count(name)]
        )
    return found + Counter({role: count for role, count in speak.items() if role in _ROLES})


def _is_named(name: str) -> bool:
    """Whether a name is, or begins with, a common family name of more than one letter."""
    surname = parse(name).parts[:1]
    return bool(surname) and len(surname[0]) > 1 and _SURNAME.fullmatch(surname[0]) is not None


def _with_surname(given: str, text: str) -> list[str]:
    """A given name with a common family name before it."""
    written = re.findall(rf"(?<!{_KANJI}){_KANJI}{{1,3}}{given}", text)
    return [full for full in written if parse(full).parts[1:] == (given,)]


def _place(written: str) -> str | None:
    return written if len(written) > 1 and not set(written) & set("一二三四五六七八九十度回何") else None


LEXICON = Lexicon(
    names=names,
    parse=parse,
    introduces=_INTRODUCES,
    speech=re.compile(_SAYS),
    cites=re.compile("と(?!いう|書|ある|だけ)|って"),
    citing=re.compile(r"(?!)"),
    bare_quotes=True,
    edges=("", ""),
    he=re.compile("彼(?!女|ら|等)(?:は|が|も)"),
    she=re.compile("彼女(?!ら|たち)(?:は|が|も)"),
    i=re.compile("(?:僕|私|俺|わたし|ぼく|おれ)(?:は|が|も)"),
    feeling=re.compile(either(_WORDS["feeling"])),
    motion=re.compile(either(_WORDS["motion"])),
    thought=re.compile(either(_WORDS["thinking"])),
    time=re.compile(
        "(?:次の[日朝夜晩]|翌[日朝]|その[日朝夜晩瞬間]|ある[日朝夜晩]|[一二三四五六七八九十数]+(?:日|年|週間|時間|か月|ヶ月)後|朝|夜|夕方|昼|深夜|真夜中|夜明け|やがて|一方"
        "|昨日|今日|春|夏|秋|冬|むかし|昔|しばらくして)"
    ),
    change=re.compile(
        "(?:次の[日朝夜晩]|翌[日朝]|その[夜晩]|[一二三四五六七八九十数]+(?:日|年|週間|時間|か月|ヶ月)後|一方|夕方になる|数日後)"
    ),
    looks=re.compile(
        r"[^、。「」はがも\n]{0,14}?(?:黒い|白い|赤い|青い|黄色い|茶色い|緑の|灰色の|銀縁の|金色の|長い|短い|大きい|大きすぎる|小さい|やせた|太った|若い|老いた|割れた|高い|低い)[^、。「」\n]{0,8}?"
        "(?:髪|瞳|目|ひげ|髭|顔|傷|服|着物|コート|帽子|眼鏡|長靴|靴|前掛け|スカート|シャツ|傘|背|老人)|[一二三四五六七八九十]{1,3}[歳才]"
        r"|前歯が[^、。「」\n]{1,10}|眼鏡をかけ[^、。「」\n]{0,6}"
    ),
    places=re.compile(
        rf"(?P<place>(?:{_KANJI}|{_KANA}){{0,4}}?(?:{either(_WORDS['places'])}))(?=(?:の(?:上|中|奥|前|外|下|そば|てっぺん))?(?:で|に|へ|から|まで|は丘|を出|を歩))"
    ),
    place=_place,
    here=re.compile("."),
    called=re.compile("(?:さん|くん|君|ちゃん|様|先生)?[、。！？!?…]|$"),
    owns=re.compile("の(?!声|顔|目|手|口)"),
    talk=("{}が話す。", "{}が話している。", "誰かが話す。", "と"),
    spaces=False,
)
