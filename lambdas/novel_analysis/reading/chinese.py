"""Names and words of Chinese, simplified and traditional."""

import re
from collections import Counter, defaultdict

from novel_analysis.reading.lexicon import Lexicon, either, most, words_of
from novel_analysis.reading.names import Name

_WORDS = words_of("chinese")
_ROLES = frozenset(_WORDS["roles"] + _WORDS["titles"])
_WOMEN, _MEN = re.compile("女|母|太太|婆|奶|姑|丫鬟"), re.compile("男|父|少年|老头|老頭|和尚|皇帝|太监")
_NEVER, _NEVER_IN_PLACES = frozenset(_WORDS["never_in_names"]), frozenset(_WORDS["never_in_places"])
_SELDOM, _NO_NAMES = frozenset(_WORDS["seldom_in_names"]), frozenset(_WORDS["never_names"])
_HAN = "[\u4e00-\u9fff]"
_SURNAME = either(_WORDS["surnames"])
_FULL = re.compile(rf"({_SURNAME})({_HAN}{{1,2}})$")
_SAYS = rf"(?:{either(_WORDS['saying'])})(?=[，：:。！,!\s]|$)"
_NEAR_SAYS = rf"(?=(?![的地得])[^，。！？：；“”「」\n]{{0,10}}?{_SAYS})"
_BEGINS = re.compile(rf"(?<!{_HAN})")
_SURNAMED = re.compile(rf"(?:(?<!{_HAN})|(?<=[和与跟对向把被给替让见是叫的了着]))({_SURNAME})({_HAN}{{1,2}})")
_SPEAKS = re.compile(rf"(?![的地得])[^，。！？：；“”「」\n的上里裡下中外那这這有人他她我你们們]{{0,6}}?{_SAYS}")
_ACTS = re.compile(rf"也?(?:{either(_WORDS['acting'])})")
_SAYS_AT_ONCE = re.compile(_SAYS)
_FIRST_TWO = re.compile(rf"(?<!{_HAN})({_HAN}{{2}}){_NEAR_SAYS}")
_NICKNAMED = re.compile(rf"(?:(?<!{_HAN})|(?<=[和与跟对向把被给替让见是叫的]))([老小阿]{_HAN}){_NEAR_SAYS}")
_OLD = re.compile(rf"[老小](?:{_SURNAME})")
_TITLES = either(_WORDS["titles"])
_ADDRESSED = re.compile(rf"(?<!{_HAN})((?:{_SURNAME})(?:{_TITLES}))")
_FOREIGN = re.compile(rf"{_HAN}{{1,5}}(?:[·•‧]{_HAN}{{1,5}})+(?=[说道问答的在和，。是])")
_ROLE_SAYS = re.compile(rf"({either(_WORDS['roles'])}|(?<!{_HAN})(?:{_TITLES})){_NEAR_SAYS}")
_INTRODUCED = re.compile(rf"(?:我叫|我是|我姓{_HAN}，|名叫|叫做|叫)((?:{_SURNAME}){_HAN}{{1,2}})(?=[，。！？!?,]|$)")
_LEAD = re.compile(
    r"^(?:[了着过那这一每各]|[一二三四五六七八九十两几][座个条家间片]|那[座个条家间片]|这[座个条家间片])+"
)
_PLACE_END = re.compile(rf"(?:{either(_WORDS['places'])})$")


def parse(form: str) -> Name:
    """A Chinese name, taken apart: surname and given name, or surname and title; any other is one part."""
    if form in _ROLES:
        return Name(form, (), form, _title_sex(form))
    parts = tuple(re.split("[·•‧]", form))
    if len(parts) > 1:
        return Name("", parts, form)
    if re.fullmatch(rf"[老小阿]{_HAN}", form):
        return Name("", (form,), form)
    for title in _WORDS["titles"]:
        if form.endswith(title) and len(form) > len(title):
            bare = form.removesuffix(title)
            return Name(title, _split(bare), bare, _title_sex(title))
    return Name("", _split(form), form)


def _title_sex(title: str) -> bool | None:
    if title in _WORDS["titles_of_women"] or _WOMEN.search(title):
        return True
    return False if title in _WORDS["titles_of_men"] or _MEN.search(title) else None


def _split(bare: str) -> tuple[str, ...]:
    found = _FULL.match(bare)
    return (found[1], found[2]) if found else (bare,)


def names(told: str, spoken: str) -> Counter[str]:
    """The persons' names, and the roles of those who speak, as they are written, with how often each is seen."""
    text = f"{told}\n{spoken}"
    found, acting = _surnamed(told, spoken)
    found.update(_INTRODUCED.findall(text))
    found = most(found)
    given = {full: parse(full).parts[1] for full in found if len(parse(full).parts) == 2}
    aliases = {name for full, name in given.items() if len(name) == 2 and text.count(name) > text.count(full)}
    starts = Counter(re.findall(rf"(?<!{_HAN}){_HAN}{{2}}", told))
    first_two = {full[:2] for full in found}
    for name, count in Counter(_FIRST_TWO.findall(told)).items():
        if name not in first_two and starts[name] > 1 and not set(name) & (_NEVER | _SELDOM) and not _begins_role(name):
            aliases.add(name)
            found[name] += count
    found.update(_NICKNAMED.findall(told))
    found.update({name: count for name, count in Counter(_OLD.findall(text)).items() if count > 1})
    found.update(_ADDRESSED.findall(text))
    found.update(_FOREIGN.findall(told))
    roles = Counter(_ROLE_SAYS.findall(told))
    wrong = {
        name
        for name in found
        if name in roles
        or name in _NO_NAMES
        or (_PLACE_END.search(name) and name not in acting)
        or (name[0] in "老小阿" and name[1] in _NEVER)
    }
    return (
        Counter({name: count for name, count in found.items() if name not in wrong}) + roles + Counter(aliases - wrong)
    )


def _surnamed(told: str, spoken: str) -> tuple[Counter[str], set[str]]:
    """Surnames with a given name of one or two letters, that somebody does something under; and those of them who speak
    or act as nothing else does. These are persons though a name begins as a number does, or ends as a river does: 张三,
    赵长河.
    """
    heard = Counter(map("".join, _SURNAMED.findall(spoken)))
    twos: Counter[str] = Counter()
    threes: dict[str, Counter[str]] = defaultdict(Counter)
    speaking: set[str] = set()
    acting: set[str] = set()
    for written in _SURNAMED.finditer(told):
        surname, given = written.groups()
        if given[0] in _NEVER:
            continue
        begins = _BEGINS.match(told, written.start()) is not None
        twos[surname + given[0]] += 1
        threes[surname + given[0]].update([surname + given] if _is_whole(given, told, written.end(1) + 1) else [])
        for end in range(written.end(1) + 1, written.end() + 1):
            speaking |= {told[written.start() : end]} if _SPEAKS.match(told, end) else set()
            acting |= {told[written.start() : end]} if begins and _ACTS.match(told, end) else set()
    found: Counter[str] = Counter()
    for two, count in twos.items():
        times, three = max(((times, three) for three, times in threes[two].items()), default=(0, ""))
        name = three if times * 2 > count else two
        often = count + heard[name] > 1
        doubted = name == two and two[-1] in _SELDOM and name not in acting
        sure = often and name in speaking if two in _NO_NAMES else name in speaking or (often and not doubted)
        found.update({name: count} if sure else {})
    return found, speaking | acting


def _is_whole(given: str, told: str, end: int) -> bool:
    """Whether both letters behind a surname are the given name; the second one stands at `end`."""
    if len(given) < 2 or given[1] in _NEVER or _SAYS_AT_ONCE.match(told, end):
        return False
    return given[1] not in _SELDOM or _SAYS_AT_ONCE.match(told, end + 1) is not None


def _begins_role(name: str) -> bool:
    return any(role.startswith(name) or name.endswith(role[-2:]) for role in _ROLES)


def _place(written: str) -> str | None:
    name = _LEAD.sub("", written)
    return name if len(name) > 1 and not set(name) & _NEVER_IN_PLACES else None


LEXICON = Lexicon(
    names=names,
    parse=parse,
    introduces=_INTRODUCED,
    speech=re.compile(_SAYS),
    cites=re.compile(r"(?!)"),
    citing=re.compile(rf"(?:{either(_WORDS['saying'])})$"),
    bare_quotes=True,
    edges=("", ""),
    he=re.compile("他(?!们|們)"),
    she=re.compile("她(?!们|們)"),
    i=re.compile("我(?!们|們)"),
    feeling=re.compile(either(_WORDS["feeling"])),
    motion=re.compile(either(_WORDS["motion"])),
    thought=re.compile(either(_WORDS["thinking"])),
    time=re.compile(
        "(?:第二天|次日|翌日|当天|那天|这天|有一天|清晨|早晨|早上|上午|中午|下午|傍晚|黄昏|晚上|夜里|深夜|半夜|天亮|天黑|今天|昨天|从前|很久以前|过了很久"
        "|[一二三四五六七八九十两几数]+(?:天|年|个?月|个?小时|个?时辰)[之以]?后|春天|夏天|秋天|冬天|与此同时|同时|[一二三四五六七八九十]+月)"
    ),
    change=re.compile(
        "(?:第二天|次日|翌日|傍晚|黄昏|当天晚上|当晚|那天晚上|深夜|清晨|与此同时|另一边|[一二三四五六七八九十两几数]+(?:天|年|个?月|个?小时|个?时辰)[之以]?[后後])"
    ),
    looks=re.compile(
        "[^，。；！？：“”\n]{0,12}(?:[黑白红紅蓝藍灰绿綠黄黃金银銀紫青褐棕长長短卷高矮瘦胖大小圆圓浅淺深满滿老花]|岁|歲)"
        "[^，。；！？：“”\n]{0,6}?(?:头发|頭髮|白发|白髮|黑发|眼睛|眉毛|胡子|鬍子|胡须|脸|臉|疤|裙|[布长皮衬毛棉]衫|上衣|外套|大衣|长袍|長袍|斗篷|围裙|帽"
        "|眼镜|眼鏡|靴|鞋|身材|个子|個子|皮肤)[^，。；！？：“”\n]{0,6}|[一二三四五六七八九十]{1,3}多?[岁歲][^，。；！？：“”\n]{0,4}"
    ),
    places=re.compile(
        rf"(?:[在到往去朝进進向离離过過]|(?<!{_HAN}))(?P<place>(?:(?![在到往]){_HAN}){{0,4}}?(?:{either(_WORDS['places'])}))"
    ),
    place=_place,
    here=re.compile("[^往朝向离離]"),
    called=re.compile(r"[，。！？!?,…：]|姑娘|先生|$"),
    owns=re.compile("的(?!声音|聲音|脸|臉|眼|手|嘴)"),
    talk=("{}在说话。", "{}在交谈。", "有人在说话。", "和"),
    spaces=False,
)
