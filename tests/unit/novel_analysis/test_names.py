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


def test_a_place_of_one_chapter_that_the_book_names_more_often_as_a_person_is_no_place() -> None:
    there, here = facts("他看见了赵长河。赵长河里有鱼。", "zh"), facts("“雾大。”赵长河说。" * 3, "zh")
    assert [each.name for each in there.places] == ["赵长河"]
    assert merge([(1, there), (2, here)], "zh").places == []


def test_a_person_of_one_chapter_takes_no_place_from_a_book_that_is_more_often_there() -> None:
    there, here = facts("They came to Ashford. He slept in Ashford."), facts("“It is late,” said Ashford.")
    book = merge([(1, there), (2, here)], "en")
    assert [(each.name, each.mentions) for each in book.places] == [("Ashford", 2)]
    assert [each.name for each in book.characters] == ["Ashford"]


SENTENCE_BEGINNINGS = """
New York was cold. Los Angeles had changed. San Francisco woke. Hong Kong had slept. Great Britain entered the war.
Scotland Yard had no clue. World War ended. North Wind blew. Notre Dame stood silent. Old Town smelled of fish.
Christmas Eve came at last. Grace was all that she had. Ivy covered the walls.
"""


@pytest.mark.parametrize("sentence", SENTENCE_BEGINNINGS.strip().replace("\n", " ").split(". "))
def test_two_capitals_or_a_given_name_at_a_sentence_s_beginning_make_nobody_by_one_verb(sentence: str) -> None:
    assert names(f"{sentence.removesuffix('.')}.") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ingrid Solberg knelt.", ["Ingrid Solberg"]),
        ("Then Oskar Lind knelt.", ["Oskar Lind"]),
        ("Ivy frowned. Ivy knelt.", ["Ivy"]),
        ("Then Ivy knelt.", ["Ivy"]),
        ("Ivy, the old baker, knelt.", ["Ivy"]),
        ("Old Josef Arkady knelt.", ["Josef Arkady"]),
        ("Old Perrin knelt. “Yes,” said Perrin.", ["Old Perrin"]),
    ],
)
def test_a_name_at_a_sentence_s_beginning_is_a_person_s_with_a_second_sign(text: str, expected: list[str]) -> None:
    assert list(names(text)) == expected


def test_a_city_that_acts_within_sentences_is_nobody_where_people_live_in_it_as_often() -> None:
    book = ("Ada Voss came to New York. She slept in New York.", "New York had changed. She had lived in New York.")
    found = merge(((number, facts(text)) for number, text in enumerate(book, 1)), "en")
    assert [each.name for each in found.characters] == ["Ada Voss"]
    assert [(each.name, each.mentions) for each in found.places] == [("New York", 4)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“Sit,” said Isolde Marsh. She slept at Marsh End.", {"Isolde Marsh": []}),
        ("“Sit,” said Principal Wood. They met in Wood Green.", {"Principal Wood": []}),
        ("“Sit,” said Anna. Anna Street stood empty. They ran down Anna Street.", {"Anna": []}),
        ("“Sit,” said Mary. Mary Church was closed. They went to Mary Church.", {"Mary": []}),
        ("Doctor Grant Road ended there. Captain Cook Street had flooded.", {}),
        ("President Street ended there. Judge Park was closed. They met in Judge Park.", {}),
        ("Sir Walter Park had flooded. Lady Mary Hill lay ahead.", {}),
    ],
)
def test_streets_and_hamlets_with_a_person_s_part_are_nobody(text: str, expected: dict[str, list[str]]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Judge Park frowned.", {"Judge Park": []}),
        ("They had heard from Mrs. Church.", {"Mrs. Church": []}),
        ("“Sit,” said Captain Rowan Hill.", {"Rowan Hill": ["Captain Rowan Hill"]}),
        ("Emma Bridges frowned. “Sit,” said Emma.", {"Emma Bridges": ["Emma"]}),
    ],
)
def test_whoever_acts_or_has_a_title_alone_before_a_place_s_word_is_a_person(
    text: str, expected: dict[str, list[str]]
) -> None:
    assert names(text) == expected


NO_NAMES = "하지만 여전히 마침내 오후에 오늘도 오늘은 천천히 우리의 이번엔 전화로 강력반 여기서 한동안 주유소"


@pytest.mark.parametrize("word", NO_NAMES.split())
@pytest.mark.parametrize("title", ["선생님", "과장"])
def test_any_word_of_three_syllables_before_a_title_is_no_korean_name(word: str, title: str) -> None:
    assert list(names(f'"앉아라." {word} {title}은 말했다. {word} {title}은 웃었다.', "ko")) == [title]


@pytest.mark.parametrize(
    "text",
    [
        "이 대리석은 차가웠다. 이 대리석에 앉았다.",
        "이 과장된 몸짓이 싫었다. 이 과장된 말도 싫었다.",
        "한 대장장이가 왔다. 이 대장간은 오래되었다.",
        "이 사장실은 넓었다. 한 부장판사가 왔다.",
        "전 사장은 떠났다. 현 사장은 몰랐다. 신 사장과 구 사장이 왔다. 모 교수도 왔다.",
        "여교수는 걸었다. 노교수는 앉았다. 정교수와 조교수는 떠났다. 지사장과 부사장은 몰랐다.",
    ],
)
def test_a_longer_word_and_a_former_a_new_or_a_deputy_one_are_no_korean_surname_with_a_title(text: str) -> None:
    assert names(text, "ko") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("이준호 대리는 앉았다.", {"이준호": ["이준호 대리"]}),
        ("박퉁퉁이 말했다. 박퉁퉁 과장은 앉았다.", {"박퉁퉁": ["박퉁퉁 과장"]}),
        (
            "저는 김 과장입니다. 박 과장님께서 앉으셨다. 최 과장에게 갔다.",
            {"김 과장": [], "박 과장": [], "최 과장": []},
        ),
        ("신동엽이 말했다. 신 과장은 앉았다.", {"신동엽": ["신 과장"]}),
        ("신 과장은 앉았다. 신 과장은 일어섰다.", {"신 과장": []}),
        ("한 형사는 앉았다.", {"한 형사": []}),
    ],
)
def test_a_korean_surname_or_a_name_of_common_syllables_before_a_title_is_a_person(
    text: str, expected: dict[str, list[str]]
) -> None:
    assert names(text, "ko") == expected


def test_women_doctors_and_women_professors_are_different_people_in_korean() -> None:
    speakers = ("여의사가", "여교수가", "한의사가", "한 형사가", "부사장이")
    text = " ".join(f'"네." {speaker} 말했다.' for speaker in speakers)
    assert names(text, "ko") == {"부사장": [], "여교수": [], "여의사": [], "한 형사": [], "한의사": []}


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
        "Sigrid Solberg had not spoken to her husband for days. He mended a net. Henrik Solberg put it down. He sighed."
        "\n\n“Go,” said Mr. Solberg.\n\n“No,” said Mrs. Solberg."
    )
    assert names(text) == {"Henrik Solberg": ["Mr. Solberg"], "Sigrid Solberg": ["Mrs. Solberg"]}
