"""How the facts of chapters become one bible."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from novel_analysis.bible import MOST_CHARACTERS, MOST_PLACES, merge
from novel_analysis.local_analyser import LocalAnalyser
from novel_analysis.models import Bible, CharacterFacts, Facts, PlaceFacts
from tests.unit.novel_analysis.analysing import chapter, said

NAMES = ["Mara Voss", "Captain Voss", "Mara", "Tom Voss", "Mary Smith", "Mary Jones", "Mary", "the captain", "Mr. Voss"]


def person(name: str, *aliases: str, mentions: int = 1, looks: list[str] | None = None) -> CharacterFacts:
    return CharacterFacts(name=name, aliases=list(aliases), mentions=mentions, looks=looks or [])


def of(*characters: CharacterFacts, places: dict[str, int] | None = None) -> Facts:
    found = [PlaceFacts(name=name, mentions=mentions) for name, mentions in (places or {}).items()]
    return Facts(characters=list(characters), places=found)


def bible(*chapters: Facts) -> Bible:
    return merge(enumerate(chapters, 1), "en")


def people(*chapters: Facts) -> dict[str, set[str]]:
    return {each.name: set(each.aliases) for each in bible(*chapters).characters}


def test_a_person_is_one_across_chapters_by_full_name_title_and_given_name() -> None:
    merged = bible(
        of(person("Mara", mentions=2, looks=["red hair"])),
        of(person("Mara Voss", "Captain Mara Voss", mentions=3, looks=["red hair", "a scar"])),
        of(person("Captain Voss", "the captain", mentions=4)),
        of(person("the captain", mentions=1)),
    )
    (mara,) = merged.characters
    assert mara.model_dump() == {
        "name": "Mara Voss",
        "aliases": ["Captain Mara Voss", "Captain Voss", "Mara", "the captain"],
        "mentions": 10,
        "looks": ["red hair", "a scar"],
        "first_chapter": 1,
    }


def test_two_full_names_are_two_people_and_what_both_share_is_nobody_s() -> None:
    assert people(of(person("Mary Smith")), of(person("Mary Jones")), of(person("Mary"))) == {
        "Mary": set(),
        "Mary Jones": set(),
        "Mary Smith": set(),
    }


def test_a_title_keeps_a_husband_and_a_wife_apart() -> None:
    assert people(of(person("John Bennet")), of(person("Mr. Bennet")), of(person("Mrs. Bennet"))) == {
        "John Bennet": {"Mr. Bennet"},
        "Mrs. Bennet": set(),
    }


def test_a_girl_of_another_chapter_is_another_girl_unless_her_name_is_there_too() -> None:
    wren = person("Wren", "the girl", mentions=9)
    assert people(of(wren), of(person("the girl"), person("Wren"))) == {"Wren": {"the girl"}}
    assert people(of(wren), of(person("the girl"))) == {"Wren": {"the girl"}, "the girl": set()}


def test_the_most_mentioned_come_first_and_their_number_is_bounded() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    many = [person(f"N{a}{b}", mentions=1) for a in letters for b in letters]
    merged = bible(of(person("Zoe", mentions=5), *many, places={f"P{a}{b}": 1 for a in letters for b in letters}))
    assert merged.characters[0].name == "Zoe"
    assert (len(merged.characters), len(merged.places)) == (MOST_CHARACTERS, MOST_PLACES)


def test_places_are_counted_across_chapters() -> None:
    merged = bible(of(places={"the harbour": 2}), of(places={"the harbour": 3, "Gull Rock": 9}))
    assert [(each.name, each.mentions, each.first_chapter) for each in merged.places] == [
        ("Gull Rock", 9, 2),
        ("the harbour", 5, 1),
    ]


def test_a_chapter_is_drawn_with_the_book_s_names() -> None:
    book = bible(
        of(person("Mara Voss", "Mara")), of(person("Mary Smith")), of(person("Mary Jones")), of(person("Mary"))
    )
    drawn: Any = LocalAnalyser().draw(
        chapter("“Hello,” said Mara.\n\n“Hello,” said Mary Smith.\n\n“Ah,” said Mary."), "en", book
    )
    assert [speaker for speaker, _ in said(drawn)] == ["Mara Voss", "Mary Smith", "Mary Smith"]


chapters = st.lists(
    st.tuples(st.integers(1, 9), st.lists(st.sampled_from(NAMES), unique=True, max_size=4)),
    unique_by=lambda each: each[0],
)


@settings(max_examples=60)
@given(chapters, st.randoms())
def test_no_order_of_the_chapters_changes_the_bible_and_no_two_full_names_meet(
    found: list[tuple[int, list[str]]], random: Any
) -> None:
    facts = [(number, of(*map(person, names))) for number, names in found]
    shuffled = random.sample(facts, len(facts))
    merged = merge(facts, "en")
    assert merge(shuffled, "en") == merged
    for each in merged.characters:
        assert len({"Mara Voss", "Tom Voss", "Mary Smith", "Mary Jones"} & {each.name, *each.aliases}) <= 1
    assert sum(each.mentions for each in merged.characters) == sum(len(names) for _, names in found)
