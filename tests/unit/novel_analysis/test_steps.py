"""novel-analysis's Lambdas one after another, as the state machine calls them, and what they leave."""

import weakref
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest

from core import aws
from core.errors import AccessDenied, FinalError, ProviderUnavailable, UnknownFile
from core.files import files
from core.models import Batch
from core.record import Status, Table
from core.sessions import close
from core.starts import next_attempt
from novel_analysis import chapter_pass, draw_storyboards, extract_facts, load_novel, storage
from novel_analysis.errors import EmptyText, TextTooLarge, TooManyChaptersFailed
from novel_analysis.local_analyser import LocalAnalyser
from novel_analysis.models import (
    SHORT_TEXT,
    Bible,
    Book,
    Chapter,
    ChapterBoard,
    ChapterFile,
    ChapterText,
    Facts,
    FailedChapter,
    Language,
    Panel,
    Scene,
    Storyboard,
)
from novel_analysis.saving import save
from novel_analysis.split_chapters import batches
from tests.support.novel_analysis import Run, files_below, put_file, story, storyboard_of
from tests.support.tables import every_row, record_of, result_of

pytestmark = pytest.mark.usefixtures("shared_tables")

_stories = count(1)


class Unreadable(FinalError):
    """This chapter fails for good."""


class Troubled:
    """The local analyser, which fails with these errors at these chapters; `seen` are those that it was given."""

    def __init__(self, **errors: Exception) -> None:
        self._errors = {int(name.removeprefix("at_")): error for name, error in errors.items()}
        self._local = LocalAnalyser()
        self.seen: list[int] = []

    def extract(self, chapter: ChapterText, language: Language) -> Facts:
        self._look(chapter)
        return self._local.extract(chapter, language)

    def draw(self, chapter: ChapterText, language: Language, bible: Bible) -> list[Scene]:
        self._look(chapter)
        return self._local.draw(chapter, language, bible)

    def _look(self, chapter: ChapterText) -> None:
        self.seen.append(chapter.number)
        if chapter.number in self._errors:
            raise self._errors[chapter.number]


def reading_with(troubled: Troubled) -> Any:
    return patch.object(extract_facts, "analyser", lambda: troubled)


def drawing_with(troubled: Troubled) -> Any:
    return patch.object(draw_storyboards, "analyser", lambda: troubled)


def new_run(chapters: int = 3, **raw: Any) -> Run:
    """A session of a story of so many chapters, in which nothing has happened yet."""
    return Run({"sessionId": f"novel-{next(_stories)}", "title": "The Harbour", "text": story(chapters), **raw})


def again(run: Run) -> Run:
    """The session has failed, and is retried in a next execution."""
    table = Table("sessions-test")
    record = table.get(run.session_id)
    assert record is not None
    assert close(table, record, record["executionArn"], Status.FAILED, lambda _seen: None)
    failed = table.get(run.session_id)
    assert failed is not None
    arn = next_attempt(table, failed)["executionArn"]
    return Run(run.raw, arn.rpartition(":")[2])


def test_a_story_becomes_a_storyboard_with_all_its_chapters() -> None:
    run = new_run()
    ending = run.all()
    result = ending["result"]
    storyboard = storyboard_of(run.session_id)
    assert (ending["status"], ending["outcome"]) == ("completed", "complete")
    assert (storyboard.title, storyboard.language, storyboard.partial) == ("The Harbour", "en", False)
    assert [chapter.number for chapter in storyboard.chapters] == [1, 2, 3]
    assert result["mainCharacters"] == [character.name for character in storyboard.bible.characters][:10] != []
    assert result["storyboardKey"] == f"storyboards/{run.session_id}.json"
    assert result["scenes"] == sum(len(chapter.scenes) for chapter in storyboard.chapters) >= 3
    assert result["textCharacters"] == len(story(3))
    assert result == result_of(run.session_id)["result"]
    record = record_of(run.session_id)
    assert {name: record["steps"][name]["items"] for name in ("ExtractFacts", "DrawStoryboards")} == {
        "ExtractFacts": {"done": 3, "of": 3},
        "DrawStoryboards": {"done": 3, "of": 3},
    }
    assert (record["status"], record["progress"], record["outcome"]) == ("completed", 100, "complete")


def test_the_result_of_a_short_text_has_the_storyboard_and_that_of_a_longer_one_has_its_key_alone() -> None:
    short, longer = new_run(3), new_run(30)
    assert len(story(3)) < SHORT_TEXT <= len(story(30))
    assert Storyboard.model_validate(short.all()["result"]["storyboard"]) == storyboard_of(short.session_id)
    assert longer.all()["result"]["storyboard"] is None
    assert len(storyboard_of(longer.session_id).chapters) == 30


def test_progress_is_that_of_the_chapters_that_are_done() -> None:
    run = new_run(4).prepare()
    told = [record_of(run.session_id)["progress"]]
    for work in (run.extract, run.draw):
        for first, last in ((1, 1), (2, 3), (4, 4)):
            work(first, last)
            told.append(record_of(run.session_id)["progress"])
        if run.merged is None:
            run.merge()
            told.append(record_of(run.session_id)["progress"])
    assert told == [5, 15, 35, 45, 50, 61, 83, 95]


def test_a_batch_that_is_repeated_does_nothing_again() -> None:
    run, troubled = new_run().prepare(), Troubled()
    with reading_with(troubled):
        assert run.extract(1, 3) == run.extract(1, 3) == {"done": 3, "failed": 0}
    assert troubled.seen == [1, 2, 3]


def test_a_chapter_that_fails_for_good_stops_no_other_and_is_named_in_the_result() -> None:
    run = new_run().prepare()
    with reading_with(Troubled(at_2=Unreadable("too odd"))):
        assert run.extract(1, 3) == {"done": 2, "failed": 1}
    run.merge()
    assert run.draw(1, 3) == {"done": 3, "failed": 0}
    ending = run.save()
    assert ending["outcome"] == "partial"
    missing = {"number": 2, "title": "Chapter 2", "step": "ExtractFacts", "reason": "Unreadable: too odd"}
    assert (ending["result"]["failedChapters"], ending["result"]["failed"]) == (1, [missing])
    storyboard = storyboard_of(run.session_id)
    assert (storyboard.partial, storyboard.failed) == (True, [FailedChapter.model_validate(missing)])
    assert len(storyboard.chapters) == 3


def test_a_chapter_that_is_neither_read_nor_drawn_counts_once_and_is_missing() -> None:
    run = new_run().prepare()
    with reading_with(Troubled(at_2=Unreadable("too odd"))):
        run.extract(1, 3)
    run.merge()
    run.draw(1, 1)
    run.draw(3, 3)
    result = run.save()["result"]
    assert [(each["number"], each["step"]) for each in result["failed"]] == [(2, "DrawStoryboards")]
    assert "nothing was kept of it: its Lambda failed again and again" in result["failed"][0]["reason"]
    assert [chapter.number for chapter in storyboard_of(run.session_id).chapters] == [1, 3]


def test_an_error_that_ends_every_batch_is_the_reason_for_chapters_of_which_nothing_was_kept() -> None:
    run = new_run().prepare()
    for number in (1, 2, 3):
        with (
            reading_with(Troubled(**{f"at_{number}": AccessDenied("Converse: no grant")})),
            pytest.raises(AccessDenied),
        ):
            run.extract(number, number)
    with pytest.raises(TooManyChaptersFailed) as failure:
        run.merge()
    assert "in ExtractFacts: nothing was kept of it; ExtractFacts failed last with AccessDenied: Converse: no" in str(
        failure.value
    )


def test_what_one_chapter_failed_with_is_no_reason_for_another() -> None:
    run = new_run(4).prepare()
    with reading_with(Troubled(at_2=Unreadable("too odd"))):
        run.extract(1, 3)
    run.merge()
    reasons = {each.number: each.reason for each in storage.read(run.merged["bookKey"], Book).failed}
    assert reasons[2] == "Unreadable: too odd"
    assert reasons[4].startswith("nothing was kept of it: its Lambda failed again and again")


def test_where_more_than_the_set_share_has_failed_the_step_says_how_much_and_what_to_do() -> None:
    run = new_run().prepare()
    with reading_with(Troubled(at_2=Unreadable("too odd"), at_3=Unreadable("odder"))):
        run.extract(1, 3)
    with pytest.raises(TooManyChaptersFailed) as failure:
        run.merge()
    assert str(failure.value) == (
        "2 of 3 chapters failed; at most 50% may. The first is 2, in ExtractFacts: Unreadable: too odd. Retry the "
        "session: it does only what is missing"
    )


def test_a_retry_of_the_session_reads_and_draws_only_what_is_missing() -> None:
    run = new_run().prepare()
    with reading_with(Troubled(at_2=Unreadable("too odd"), at_3=Unreadable("odder"))):
        run.extract(1, 3)
    with pytest.raises(TooManyChaptersFailed):
        run.merge()
    second, reader = again(run).prepare(), Troubled()
    assert (second.novel, second.split) == (run.novel, run.split)
    with reading_with(reader):
        assert second.extract(1, 3) == {"done": 3, "failed": 0}
    second.merge()
    with drawing_with(Troubled(at_1=Unreadable("no"), at_3=Unreadable("no"))):
        second.draw(1, 3)
    with pytest.raises(TooManyChaptersFailed):
        second.save()
    third, artist = again(second).prepare(), Troubled()
    third.extract(1, 3)
    assert third.merge() == second.merged
    with drawing_with(artist):
        assert third.draw(1, 3) == {"done": 3, "failed": 0}
    assert third.save()["outcome"] == "complete"
    assert (reader.seen, artist.seen) == ([2, 3], [1, 3])
    undisturbed = new_run()
    undisturbed.all()
    assert storyboard_of(run.session_id) == storyboard_of(undisturbed.session_id)


def test_once_the_bible_is_merged_a_retry_reads_no_chapter_and_still_names_what_the_bible_lacks() -> None:
    run = new_run().prepare()
    with reading_with(Troubled(at_2=Unreadable("too odd"))):
        run.extract(1, 3)
    run.merge()
    second, reader = again(run).prepare(), Troubled()
    before = record_of(run.session_id)
    with reading_with(reader):
        assert second.extract(1, 3) == {"done": 2, "failed": 0}
    assert (reader.seen, record_of(run.session_id)) == ([], before)
    second.merge()
    second.draw(1, 3)
    result = second.save()["result"]
    assert (result["partial"], [chapter["number"] for chapter in result["failed"]]) == (True, [2])
    entry = record_of(run.session_id)["steps"]["ExtractFacts"]
    assert (entry["status"], entry["items"]) == ("failed", {"done": 2, "of": 3})


@pytest.mark.parametrize("error", [ProviderUnavailable("busy"), KeyError("a bug")])
def test_an_error_that_is_not_its_chapter_s_comes_out_once_what_was_done_is_kept(error: Exception) -> None:
    run, later = new_run().prepare(), Troubled()
    with reading_with(Troubled(at_3=error)), pytest.raises(type(error)):
        run.extract(1, 3)
    assert record_of(run.session_id)["steps"]["ExtractFacts"]["items"] == {"done": 2, "of": 3}
    with reading_with(later):
        run.extract(1, 3)
    assert later.seen == [3]


def test_a_quick_batch_is_one_file_and_a_slow_one_has_a_file_for_each_chapter() -> None:
    quick, slow = new_run().prepare(), new_run().prepare()
    quick.extract(1, 3)
    with patch.object(chapter_pass, "_KEPT_AFTER_SECONDS", 0):
        slow.extract(1, 3)
    assert [len(files_below(f"work/{run.session_id}/facts")) for run in (quick, slow)] == [1, 3]


def test_each_file_is_read_once_though_chapters_of_several_lie_between_each_other() -> None:
    outputs: dict[int, Any] = {}
    for numbers in ((1, 3, 5), (2, 4), (6,)):
        facts = dict.fromkeys(numbers, Facts(characters=[], places=[]))
        file = ChapterFile(key=storage.keep("s", "facts", facts))
        outputs |= {number: file.model_dump(by_alias=True) for number in numbers}
    reads: Counter[str] = Counter()
    real = aws.s3().get_object

    def get_object(**request: Any) -> Any:
        reads[request["Key"]] += 1
        return real(**request)

    with patch.object(aws.s3(), "get_object", get_object):
        found = dict(storage.made(dict(sorted(outputs.items())), Facts))
    assert list(found) == [1, 2, 3, 4, 5, 6]
    assert reads == {output["key"]: 1 for output in outputs.values()}


def test_chapters_are_cut_by_bytes_out_of_one_read() -> None:
    text = "第一章\n海。\n第二章\n灯。\n"
    put_file("work/s/text.txt", text.encode())
    chapters = [
        Chapter(number=1, title="第一章", start=10, end=17),
        Chapter(number=2, title="第二章", start=27, end=34),
    ]
    assert [(each.title, each.text) for each in storage.texts("work/s/text.txt", chapters)] == [
        ("第一章", "海。\n"),
        ("第二章", "灯。\n"),
    ]


def test_a_storyboard_is_written_with_few_chapters_in_memory_whatever_its_texts_are() -> None:
    awkward = '"chapters":[] \\ "chapters":[' + "\u2028 第"
    head = Storyboard(
        title=awkward, language="zh", bible=Bible(characters=[], places=[]), chapters=[], partial=False, failed=[]
    )
    alive: list[weakref.ref[ChapterBoard]] = []

    def board(number: int) -> ChapterBoard:
        panel = Panel(number=1, shot="wide", action=awkward)
        scenes = [Scene(number=1, place=None, characters=[], panels=[panel, panel])]
        return ChapterBoard(number=number, title=awkward, scenes=scenes)

    def boards() -> Iterator[ChapterBoard]:
        for number in range(1, 51):
            assert sum(ref() is not None for ref in alive) <= 2
            made = board(number)
            alive.append(weakref.ref(made))
            yield made

    assert save("storyboards/awkward.json", head, boards()) == (50, 100)
    expected = head.model_copy(update={"chapters": [board(number) for number in range(1, 51)]})
    assert storyboard_of("awkward") == expected


@pytest.mark.parametrize("chapters", [1, 99, 100, 101, 1000, 1001, 3000, 5000])
def test_each_chapter_is_in_one_batch_and_no_batch_has_more_than_ten(chapters: int) -> None:
    made = batches(chapters)
    assert [number for batch in made for number in range(batch.first, batch.last + 1)] == [*range(1, chapters + 1)]
    assert {batch.of for batch in made} == {chapters}
    assert max(batch.last - batch.first + 1 for batch in made) <= 10
    assert len(made) <= max(100, chapters / 10 + 1)


def test_a_short_novel_has_a_batch_for_each_chapter() -> None:
    assert batches(2) == [Batch(first=1, last=1, of=2), Batch(first=2, last=2, of=2)]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("utf-8-sig", story(1)), ("gb18030", "第一章 海\n\n她走到了海边。她看见一个年轻人站在灯塔下面。\n" * 8)],
)
def test_a_text_is_loaded_as_utf_8_with_unix_lines(encoding: str, text: str) -> None:
    key = f"uploads/{encoding}.txt"
    put_file(key, text.replace("\n", "\r\n").encode(encoding))
    run = new_run(text=None, textKey=key).prepare()
    assert files().read(run.novel["textKey"]).decode() == text
    assert (run.novel["characters"], run.novel["encoding"]) == (len(text), encoding.removesuffix("-sig"))


def test_a_text_that_came_with_the_input_is_in_a_file_by_its_content() -> None:
    before = files_below("texts/")
    first, second = new_run(17).prepare(), new_run(17).prepare()
    assert first.novel["textKey"] != second.novel["textKey"]
    assert len(files_below("texts/")) == len(before) + 1
    assert first.novel["textKey"].startswith(f"work/{first.session_id}/text-")


@pytest.mark.parametrize("missing", [b"", b" \r\n\n"])
def test_a_text_without_words_is_refused(missing: bytes) -> None:
    put_file("uploads/empty.txt", missing)
    with pytest.raises(EmptyText):
        new_run(text=None, textKey="uploads/empty.txt").prepare()


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    put_file("novels/large.txt", b"a" * 101)
    with (
        patch.object(load_novel, "LARGEST_FILE", 100),
        patch.object(aws.s3(), "get_object", side_effect=AssertionError),
        pytest.raises(TextTooLarge, match=r"novels/large\.txt has 101 bytes; send 100 at most"),
    ):
        new_run(text=None, textKey="novels/large.txt").prepare()


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownFile, match=r"uploads/none\.txt"):
        new_run(text=None, textKey="uploads/none.txt").prepare()


def test_nothing_but_keys_and_counts_is_handed_on() -> None:
    run = new_run(10)
    run.all()
    rows = [row for row in every_row("steps-test") if row["sessionId"] == run.session_id]
    assert len(rows) == 3 + 2 * 10
    assert max(len(row["output"]) for row in rows) < 2000
    assert "harbour" not in str(rows)
