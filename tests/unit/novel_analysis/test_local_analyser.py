"""The embedded analyser on whole stories in four languages, and on texts that mean no good."""

from time import process_time
from typing import get_args

import pytest

from novel_analysis.bible import MOST_CHARACTERS, merge
from novel_analysis.local_analyser import LocalAnalyser
from novel_analysis.models import CharacterFacts, Facts, Language, Shot
from novel_analysis.reading.names import MOST_NAMES
from tests.unit.novel_analysis.analysing import bible_of, board_of, chapter, chapters_of, drawn, facts, panels, said

LANGUAGES: tuple[Language, ...] = get_args(Language)
CAST: dict[Language, dict[str, set[str]]] = {
    "en": {
        "Mara Voss": {"Captain Mara Voss", "Captain Voss", "Mara", "the captain"},
        "Teodor Finch": {"Teodor"},
        "Wren": {"the girl"},
        "Silas Sable": {"Mr. Sable", "Silas"},
        "Josef Arkady": {"Josef", "Old Josef Arkady", "the old man"},
    },
    "zh": {"林晚秋": {"晚秋"}, "老周": set(), "顾长风": set(), "陌生人": set(), "周海生": set()},
    "ko": {
        "한서연": {"서연"},
        "이준호": {"준호"},
        "박도현": {"도현", "노인", "박도현 노인"},
        "남자": set(),
        "이순희": {"순희", "이순희 할머니"},
    },
    "ja": {"水野遥": {"遥"}, "健太": set(), "黒田": {"老人"}},
}
LINES: dict[Language, list[tuple[int, str | None, str]]] = {
    "en": [
        (1, "Mara Voss", "Teodor. Tell me I am going blind."),
        (1, "Mara Voss", "Then we are a mile from the reef, and we cannot see it."),
        (1, "Wren", "You came."),
        (2, "Teodor Finch", "The wrecker?"),
        (2, "Wren", "How many people are on the mail ship?"),
        (3, "Teodor Finch", "With what? A wet rag on a stick? It would smoke the lens black in a minute."),
        (4, "Silas Sable", "I was nineteen."),
        (4, "Mara Voss", "So was my brother."),
        (5, "Silas Sable", "Why did you not shoot me?"),
        (5, "Josef Arkady", "It has nine holes. I told you eight."),
    ],
    "zh": [
        (1, "林晚秋", "奇怪。三十年了，它从来没有停过。"),
        (1, "陌生人", "你就是修钟的？"),
        (2, "顾长风", "你怎么知道？"),
        (2, "顾长风", "你父亲教你的？"),
        (3, "老周", "不能还！"),
        (3, "林晚秋", "下次来的时候，带上他。"),
    ],
    "ko": [
        (1, "한서연", "이게 언제부터 여기 있었지?"),
        (2, "박도현", "누구냐?"),
        (2, "박도현", "편지라니. 나한테 편지를 쓸 사람은 없다."),
        (3, "이준호", "할머니, 저예요. 그분을 찾았어요. 편지는 우편함 밑에 있었대요. 삼십 년 동안이요."),
        (3, "이순희", "늦었네요."),
    ],
    "ja": [
        (1, "水野遥", "ごめんください"),
        (1, "黒田", "いらっしゃい。わたしは店主の黒田です。どの星にしますか"),
        (1, "水野遥", "どの瓶も、からっぽに見えますけど"),
        (2, "健太", "給水塔だ！"),
        (3, "黒田", "もう瓶には入りません。この星は、傘が気に入ったようです"),
    ],
}
SCENES: dict[Language, list[int]] = {"en": [2, 1, 2, 1, 2], "zh": [1, 2, 2], "ko": [1, 2, 1], "ja": [1, 2, 1]}
PLACES: dict[Language, set[str]] = {
    "en": {"Gull Rock", "the deck", "the kitchen", "the tower"},
    "zh": {"钟楼", "码头", "栈桥", "雾港"},
    "ko": {"방앗간", "우체국", "마을", "은하리"},
    "ja": {"給水塔", "路地"},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_in_a_story_is_one_person_by_all_names(language: Language) -> None:
    assert {each.name: set(each.aliases) for each in bible_of(language).characters} == CAST[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_places_of_a_story_are_found(language: Language) -> None:
    assert PLACES[language] <= {each.name for each in bible_of(language).places}


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_have_their_speakers_by_attribution_by_acts_and_by_turns(language: Language) -> None:
    board = board_of(language)
    for number, speaker, text in LINES[language]:
        assert (speaker, text) in said(board[number])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chapter_has_its_scenes_and_each_begins_with_an_establishing_panel(language: Language) -> None:
    board = board_of(language)
    assert [len(scenes) for scenes in board.values()] == SCENES[language]
    for scenes in board.values():
        assert [scene.number for scene in scenes] == list(range(1, len(scenes) + 1))
        assert [panel.number for panel in panels(scenes)] == list(range(1, len(panels(scenes)) + 1))
        for scene in scenes:
            shots = [panel.shot for panel in scene.panels]
            assert shots[0] == "establishing"
            assert "establishing" not in shots[1:]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_storyboard_varies_its_shots_and_names_nobody_who_is_not_in_the_bible(language: Language) -> None:
    names = {each.name for each in bible_of(language).characters}
    pictures = [panel for scenes in board_of(language).values() for panel in panels(scenes)]
    assert {panel.shot for panel in pictures} == set(get_args(Shot))
    for panel in pictures:
        assert panel.action
        assert len(panel.action) <= 160
        assert len(panel.dialogue) <= 3
        assert {*panel.characters, *(line.speaker for line in panel.dialogue if line.speaker)} <= names


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_is_said_is_in_a_balloon(language: Language) -> None:
    quoted = {"en": "“”", "zh": "“”", "ko": '""', "ja": "「」"}[language]
    for each in chapters_of(language):
        spoken = "".join(text for _, text in said(board_of(language)[each.number]))
        parts = each.text.replace(quoted[1], quoted[0]).split(quoted[0])[1::2]
        for part in (part for part in parts if part != "星、あります"):
            assert letters(part) in letters(spoken)


def letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


@pytest.mark.parametrize(
    ("language", "name", "looks"),
    [
        ("en", "Mara Voss", ["tall woman", "silver hair", "long green coat"]),
        ("en", "Wren", ["patched blue dress", "black hair"]),
        ("zh", "老周", ["五十多岁", "满脸胡子"]),
        ("ko", "한서연", ["스물여섯 살", "긴 머리", "초록색 목도리"]),
        ("ja", "健太", ["九歳", "大きすぎる黄色い長靴"]),
    ],
)
def test_looks_are_kept_word_for_word_with_whom_they_are_of(language: Language, name: str, looks: list[str]) -> None:
    (character,) = [each for each in bible_of(language).characters if each.name == name]
    assert [look for look in character.looks if look in looks] == looks


def test_a_panel_s_picture_has_the_text_s_own_words() -> None:
    first, second = panels(board_of("en")[2])[:2]
    assert (first.shot, first.caption) == ("establishing", None)
    assert first.action.startswith("The keeper’s house was built against the foot of the tower")
    assert second.action == (
        "Old Josef Arkady lay on a bench by the stove. His beard was as white as salt, and his big hands were folded on"
        " his chest."
    )
    assert (second.shot, second.characters) == ("close_up", ["Josef Arkady"])


def test_a_text_gives_the_same_every_time() -> None:
    each = chapters_of("en")[0]
    assert LocalAnalyser().extract(each, "en") == LocalAnalyser().extract(each, "en")
    assert LocalAnalyser().draw(each, "en", bible_of("en")) == board_of("en")[1]


HOSTILE = {
    "quotes": "“‘\"'" * 7_500,
    "single quotes": " 'a" * 10_000,
    "capitals": "Aaa " * 7_500,
    "spaces": " " * 30_000,
    "colours": "red " * 7_500,
    "lengths": "긴 " * 15_000,
    "blacks": "黒い" * 15_000,
    "full stops": ". " * 15_000,
    "speech": '"a"\n' * 7_500,
    "surnames": "林" * 30_000,
    "subjects": "佐藤は" * 10_000,
    "kana": "カナ・" * 10_000,
    "people": " ".join(
        f"“Hi,” said Mr. A{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{n % 7 * 'x'}." for n in range(1_500)
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_takes_long_or_grows_without_bound(language: Language, kind: str) -> None:
    text = HOSTILE[kind]
    began = process_time()
    found, scenes = facts(text, language), drawn(text, language)
    assert process_time() - began < 5
    assert len(found.characters) <= MOST_NAMES
    assert sum(len(panel.model_dump_json()) for panel in panels(scenes)) < 30 * len(text)


def named(pattern: str, times: int) -> str:
    """So many times the pattern, with another name each."""
    return "".join(pattern.format(f"{chr(0x4E00 + n)}{chr(0x5E00 + n % 199)}") for n in range(times))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", named("林{}，", 7_500)),
        ("zh", named("林{}说：“啊。”\n", 3_000)),
        ("ja", named("{}さん、", 6_000)),
        ("ko", "".join(f'"응." 김{chr(0xAC00 + n)}{chr(0xB000 + n)}이 말했다.\n' for n in range(2_000))),
        (
            "en",
            "".join(
                f"“Hi,” said B{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{n // 676 * 'o'}k.\n" for n in range(1_500)
            ),
        ),
    ],
)
def test_another_name_in_every_line_takes_no_longer(language: Language, text: str) -> None:
    began = process_time()
    assert len(facts(text, language).characters) <= MOST_NAMES
    assert process_time() - began < 1.5


def test_a_book_whose_persons_share_a_family_name_is_merged_in_no_longer_time() -> None:
    family = [f"A{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)} Smith" for n in range(2_000)]
    chapters = [[*family[n : n + 4], "Smith", "Mr. Smith"] for n in range(0, 2_000, 4)]
    book = [(n, Facts(characters=[person(each) for each in names], places=[])) for n, names in enumerate(chapters, 1)]
    began = process_time()
    assert len(merge(book, "en").characters) == MOST_CHARACTERS
    assert process_time() - began < 0.6


def person(name: str) -> CharacterFacts:
    return CharacterFacts(name=name, mentions=1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chapter_of_thousands_of_characters_takes_milliseconds(language: Language) -> None:
    text = "\n\n".join(each.text for each in chapters_of(language))
    text = (text * 10)[:7_000]
    facts(text, language)
    began = process_time()
    LocalAnalyser().extract(chapter(text), language)
    LocalAnalyser().draw(chapter(text), language, bible_of(language))
    assert process_time() - began < 0.5
