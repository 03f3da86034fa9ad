"""What the embedded analyser takes for a name, for speech, for a place, a scene or a panel."""

import pytest

from novel_analysis.models import Language
from tests.unit.novel_analysis.analysing import drawn, facts, line, panels, said

BENNETS = """
It was a cold Monday in November. Rain fell on London, and nobody in Baker Street was awake. However, it stopped.

Mr. Bennet sat in the library. Mrs. Bennet came in without knocking, and Elizabeth Bennet followed her mother.

"My dear Mr. Bennet," cried Mrs. Bennet, "have you heard the news?" The French cook dropped a plate.

"Oh! Well," said Jane Bennet, "what is his name?"

"Bingley."

"Is he married or single?" asked Elizabeth.
"""


def names(text: str, language: Language = "en") -> dict[str, list[str]]:
    return {each.name: each.aliases for each in facts(text, language).characters}


def test_a_family_stays_four_people() -> None:
    assert names(BENNETS) == {
        "Mr. Bennet": [],
        "Mrs. Bennet": [],
        "Elizabeth Bennet": ["Elizabeth"],
        "Jane Bennet": [],
    }


def test_days_months_nations_interjections_and_first_words_are_nobody() -> None:
    text = (
        "Wind howled. Monday came. Rain followed. French wine was poured. Oh, Lord, said nobody. Nobody knew. I left."
    )
    assert names(text) == {}


def test_a_ship_is_no_person_and_a_street_is_a_place() -> None:
    text = (
        "The Heron turned in the wind. The Heron sailed from Baker Street to Gull Island. Mara waited, and Mara sang."
    )
    found = facts(text)
    assert [each.name for each in found.characters] == ["Mara"]
    assert [each.name for each in found.places] == ["Baker Street", "Gull Island"]


def test_mentions_count_every_name_of_a_person() -> None:
    text = "Captain Mara Voss waved. “Go,” said Mara. Then the captain smiled at Captain Voss’s crew, and Mara slept."
    (mara,) = facts(text).characters
    assert (mara.name, mara.mentions) == ("Mara Voss", 5)
    assert mara.aliases == ["Captain Mara Voss", "Captain Voss", "Mara", "the captain"]


def test_a_stranger_who_tells_a_name_has_it_in_that_chapter() -> None:
    text = "A stranger came in. “I am Tom Reed,” said the stranger. “Sit down, Tom,” said Mara. The stranger sat."
    assert names(text) == {"Tom Reed": ["Tom", "the stranger"], "Mara": []}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "“Go home,” said Mara.", [("Mara", "Go home.")]),
        ("en", '"Go home!" said Mara.', [("Mara", "Go home!")]),
        ("en", "‘Don’t go,’ said Mara. ‘It’s late.’", [("Mara", "Don’t go. It’s late.")]),
        ("en", "'Don't go,' said Mara. 'It's late.'", [("Mara", "Don't go. It's late.")]),
        ("en", "« Go home », said Mara.", [("Mara", "Go home")]),
        ("en", "— Go home.\n\nMara nodded. “Yes,” said Mara.", [(None, "Go home."), ("Mara", "Yes.")]),
        ("en", "“One.\n\n“Two,” said Mara.", [(None, "One."), (None, "Two.")]),
        ("en", "Mara looked at “the Duke” and went on.", []),
        ("zh", "林晚秋说：“走吧。”", [("林晚秋", "走吧。")]),
        ("zh", "「走吧。」林晚秋說。", [("林晚秋", "走吧。")]),
        ("zh", "『走吧。』林晚秋低声说道。", [("林晚秋", "走吧。")]),
        ("ko", '"가자." 김민수가 말했다.', [("김민수", "가자.")]),
        ("ko", "“가자.” 김민수는 조용히 말했다.", [("김민수", "가자.")]),
        ("ja", "「行こう」と佐藤さんは言った。", [("佐藤", "行こう")]),
        ("ja", "佐藤健は「行こう」と言った。", [("佐藤健", "行こう")]),
    ],
)
def test_speech_is_found_in_every_kind_of_quotation_marks(
    language: Language, text: str, expected: list[tuple[str | None, str]]
) -> None:
    assert said(drawn(text, language)) == expected


def test_two_take_turns_and_a_third_makes_it_uncertain() -> None:
    two = "“One,” said Mara.\n\n“Two,” said Tom.\n\n“Three.”\n\n“Four.”"
    assert [speaker for speaker, _ in said(drawn(two))] == ["Mara", "Tom", "Mara", "Tom"]
    called = "“One,” said Mara.\n\n“Two,” said Tom.\n\n“Three, Mara.”"
    assert said(drawn(called))[-1] == (None, "Three, Mara.")


def test_the_narrator_takes_turns_without_a_name() -> None:
    text = "“One,” said Mara.\n\n“Two,” I said.\n\n“Three.”\n\n“Four.”"
    assert [speaker for speaker, _ in said(drawn(text))] == ["Mara", None, "Mara", None]


def test_a_pronoun_means_the_last_of_its_sex_and_rather_who_acts() -> None:
    text = "Darcy frowned at Mr. Bingley. Mrs. Bennet sat down. “No,” he said.\n\n“Yes,” she said. “Ha!” said Darcy."
    assert [speaker for speaker, _ in said(drawn(text))][:2] == ["Darcy", "Mrs. Bennet"]


def test_whoever_asks_does_not_answer_himself_unless_the_pronoun_is_known_to_fit() -> None:
    asked = "李警官推门进来，问：“哪位是沈小荷？”\n\n“是我。”她回答。"
    assert [speaker for speaker, _ in said(drawn(asked, "zh"))] == ["李警官", None]
    went_on = "“Who is there?” asked Mara.\n\n“I can hear you,” she said."
    assert [speaker for speaker, _ in said(drawn(went_on))] == ["Mara", "Mara"]


def test_a_pronoun_beside_speech_means_who_acts_before_it() -> None:
    text = "“It hurts,” Anne whispered.\n\nCharlotte, the baker, watched. “What a morning!” she shouted."
    assert [speaker for speaker, _ in said(drawn(text))] == ["Anne", "Charlotte"]


def test_a_voice_that_nobody_is_named_for_ends_no_turns_of_two() -> None:
    text = "Mara was late. Tom nodded.\n\n“Closed,” said a voice.\n\n“For me?” asked Mara.\n\n“For you.”\n\n“Why?”"
    assert [speaker for speaker, _ in said(drawn(text))] == [None, "Mara", "Tom", "Mara"]


@pytest.mark.parametrize("sign", ["***", "* * *", "---", "#", "＊＊＊", "◆", "~~~", "o0o".replace("0", "O")])
def test_a_line_of_signs_parts_scenes_and_is_in_none(sign: str) -> None:
    scenes = drawn(f"Mara slept.\n\n{sign}\n\nTom woke.")
    assert [[panel.action for panel in scene.panels] for scene in scenes] == [["Mara slept."], ["Tom woke."]]


def test_the_next_morning_begins_a_scene_and_is_its_caption() -> None:
    text = "Mara ate.\n\nMara drank.\n\nMara slept.\n\nThe next morning it rained. Mara woke in the harbour. Mara sang."
    first, second = drawn(text)
    assert len(first.panels) >= 1
    assert second.panels[0].caption == "The next morning it rained."
    assert second.place == "the harbour"


def test_a_panel_holds_three_balloons_and_a_long_speech_goes_on_in_the_next() -> None:
    text = "\n\n".join(f"“Number {number} speaks,” said Mara." for number in range(4))
    assert [len(panel.dialogue) for panel in panels(drawn(text))] == [3, 1]
    sentence = "This is a sentence of a very long speech that goes on and on. "
    (long,) = [panels(drawn(f"“{sentence * 12}” said Mara."))]
    assert all(len(each.text) <= 200 for panel in long for each in panel.dialogue)
    assert " ".join(each.text for panel in long for each in panel.dialogue) == (sentence * 12).strip()


def test_words_that_only_say_who_speaks_are_no_picture() -> None:
    (panel,) = panels(drawn("“Go home,” said Mara."))
    assert (panel.action, panel.dialogue) == ("Mara speaks.", [line("Mara", "Go home.")])
    (panel,) = panels(drawn("“Go home,” said Mara, leaning far out over the rail of the ship."))
    assert panel.action == "Mara said, leaning far out over the rail of the ship."
    (panel,) = panels(drawn("“Go home,” said Oskar Lind, the night porter."))
    assert panel.action == "Said Oskar Lind, the night porter."


def test_of_sentences_in_a_row_that_show_nobody_three_stay() -> None:
    nobody = " ".join(f"The {thing} was wet." for thing in ("grass", "wall", "path", "stone", "wood"))
    shown = " ".join(panel.action for panel in panels(drawn(f"{nobody} Mara sighed, and Mara sat down.")))
    assert "path was wet." in shown
    assert "stone was wet." not in shown
    assert "Mara sighed" in shown


def test_a_sentence_longer_than_a_panel_goes_on_in_the_next() -> None:
    text = "Mara walked " + "over the hill and past the wall, " * 10 + "and slept."
    actions = [panel.action for panel in panels(drawn(text))]
    assert max(map(len, actions)) <= 160
    assert " ".join(actions) == text
