"""Whom the embedded analyser takes for a person, and which names it takes for one person's."""

import pytest

from novel_analysis.bible import merge
from novel_analysis.models import Language
from tests.unit.novel_analysis.analysing import drawn, facts, said

COMMON = ("王小明", "李小红", "张三", "李四", "陈一鸣", "周天成", "沈小荷", "李江", "陈大海", "刘青山", "赵云桥")
PLACES = ("Dr. Marsh", "Mr. Hall", "Jack Wood", "Mrs. Church", "Emma Bridges", "Captain Ridge", "Mr. King")


def names(text: str, language: Language = "en") -> dict[str, list[str]]:
    return {each.name: each.aliases for each in facts(text, language).characters}


def names_of_book(*chapters: str, language: Language = "en") -> dict[str, list[str]]:
    book = merge(((number, facts(text, language)) for number, text in enumerate(chapters, 1)), language)
    return {each.name: each.aliases for each in book.characters}


@pytest.mark.parametrize(
    ("language", "name"),
    [
        *(("zh", name) for name in COMMON),
        *(("en", name) for name in PLACES),
    ],
)
def test_whoever_is_told_to_speak_is_a_person_though_the_name_has_common_letters_or_a_place_s_word(
    language: Language, name: str
) -> None:
    text = f"“坐。”{name}说。" if language == "zh" else f"“Sit down,” said {name}."
    assert list(names(text, language)) == [name]
    assert [speaker for speaker, _ in said(drawn(text, language))] == [name]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("zh", "林海站在門口。他等了很久。林海抱住她。", ["林海"]),
        ("zh", "沈小荷站起来。“你就是沈小荷？”", ["沈小荷"]),
        ("zh", "天刚亮，周一鸣就醒了。“喂？”周一鸣问。", ["周一鸣"]),
        ("en", "Professor Hill waited by the train. They had heard from Professor Hill.", ["Professor Hill"]),
        ("en", "It was Jack Wood, the postman. “I am late,” said Jack.", ["Jack Wood"]),
        ("en", "Charlotte, the baker, watched from the bridge.", ["Charlotte"]),
        ("en", "Ingrid Solberg knelt down.", ["Ingrid Solberg"]),
    ],
)
def test_whoever_acts_is_a_person_too(language: Language, text: str, expected: list[str]) -> None:
    assert list(names(text, language)) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "高兴地说：“好！”安静地问：“谁？”周三老王说：“走。”小心地说：“嘘。”"),
        ("zh", "石桥那头有人说：“来。”黄河边的都喊：“来！”黄河流过石桥。石桥很旧。王家很穷。王家没有马。"),
        ("en", "King Street was quiet. Baker Street was dark, and General Hospital lay behind it."),
    ],
)
def test_words_and_places_that_only_begin_as_names_do_are_nobody(language: Language, text: str) -> None:
    assert names(text, language) == {}


def test_a_verb_behind_a_name_is_no_part_of_it() -> None:
    assert list(names("王明大喊：“等等！”王明怒道：“滚！”", "zh")) == ["王明"]


def test_who_is_a_person_in_one_chapter_is_no_place_of_the_book() -> None:
    there, here = facts("他看见了赵长河。赵长河里有鱼。", "zh"), facts("“雾大。”赵长河说。", "zh")
    assert [each.name for each in there.places] == ["赵长河"]
    assert merge([(1, there), (2, here)], "zh").places == []


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "ko",
            '"누구야?" 김 과장이 물었다.\n"저요." 박 과장이 대답했다.\n"그래." 김 과장이 말했다.',
            ["김 과장", "박 과장"],
        ),
        ("ko", '"네." 이준호 대리가 말했다.\n"좋아요." 김민지 대리가 대답했다.', ["김민지", "이준호"]),
        (
            "ko",
            '"네." 이 대리가 말했다.\n"음." 박 선생님이 말했다.\n"음." 최사장이 말했다.',
            ["박 선생님", "이 대리", "최사장"],
        ),
        ("ja", "「はい」と佐藤課長が言った。\n「いいえ」と田中課長が言った。", ["佐藤課長", "田中課長"]),
        ("zh", "“报告呢？”王经理问。\n“在这里。”李经理说。", ["李经理", "王经理"]),
        ("zh", "“上课。”张老师说。\n“好。”陈老师说。", ["张老师", "陈老师"]),
    ],
)
def test_colleagues_of_one_title_stay_two_people(language: Language, text: str, expected: list[str]) -> None:
    assert sorted(names(text, language)) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ko", '"왔네." 김 과장이 말했다. 잠시 후 과장님은 웃었다. "가자." 과장님이 말했다.', {"김 과장": ["과장"]}),
        ("ko", '한 노인이 왔다. "물 좀." 이 노인이 말했다. "그래." 노인이 말했다.', {"노인": []}),
        ("ja", "「資料は」と山田部長が聞いた。\n「よし」と部長は言った。", {"山田部長": ["山田", "部長"]}),
        ("zh", "“上课。”张老师说。\n“好。”老师说。", {"张老师": ["老师"]}),
    ],
)
def test_a_title_alone_means_its_one_bearer_and_is_a_role_without_one(
    language: Language, text: str, expected: dict[str, list[str]]
) -> None:
    assert names(text, language) == expected


@pytest.mark.parametrize(
    ("language", "husband", "wife"),
    [
        ("en", "“Good evening,” said Oskar Lind. He was a tall man.", "“Supper is ready,” said Mrs. Lind."),
        ("zh", "“开饭了。”王明说。他擦了擦手。", "“来了。”王太太说。"),
    ],
)
def test_pronouns_keep_a_wife_from_becoming_her_husband_in_a_chapter_and_across_the_book(
    language: Language, husband: str, wife: str
) -> None:
    assert len(names(f"{husband}\n\n{wife}", language)) == 2
    assert len(names_of_book(husband, wife, language=language)) == 2


def test_a_title_of_one_sex_goes_with_the_one_of_the_family_that_pronouns_tell_to_be_of_it() -> None:
    text = (
        "Ingrid Solberg had not spoken to her husband for days. He mended a net. Henrik Solberg put it down. He sighed."
        "\n\n“Go,” said Mr. Solberg.\n\n“No,” said Mrs. Solberg."
    )
    assert names(text) == {"Henrik Solberg": ["Mr. Solberg"], "Ingrid Solberg": ["Mrs. Solberg"]}
