"""skill-sync's Lambdas one after another, as the state machine calls them, and what they leave."""

from itertools import count
from typing import Any

import pytest

from core import aws, rows
from core.settings import Settings, WrongSettings, load
from skill_sync import load_practice, save_skill_profile, start
from skill_sync.errors import PracticeConflict
from tests.support.skill_sync import DRILLS, USER, heard, practice, profile_of
from tests.support.tables import every_row, forget_settings, record_of, result_of
from tests.unit.skill_sync.syncing import Run

pytestmark = pytest.mark.usefixtures("tables")

_executions = count(1)


def sync(*practices: dict[str, Any], user_id: str = USER) -> Run:
    """A session of the user's, not yet begun, to which the last practice is given; the others were before."""
    for each in practices[:-1]:
        sync(each, user_id=user_id).load()
    raw = {"userId": user_id, **({"practice": practices[-1]} if practices else {})}
    return Run(f"execution-{next(_executions)}", raw)


def put(row: dict[str, Any]) -> None:
    """A row as it is, into table `practices`."""
    aws.dynamodb().put_item(TableName="practices-test", Item=rows.to_item(row))


def test_a_practice_becomes_a_profile_that_is_saved_and_told_of() -> None:
    run = sync(practice(1), practice(2))
    ending = run.all()
    assert (ending["status"], ending["outcome"]) == ("completed", "published")
    assert ending["result"]["practices"] == 2
    assert ending["result"]["areas"]["edging"] == {"level": 2, "score": 70.0, "drills": 2}
    row = profile_of()
    assert {name: row[name] for name in ending["result"]} == ending["result"] == result_of(run.session_id)["result"]
    assert row["sessionId"] == run.session_id
    assert heard() == [ending["result"]]


def test_a_user_who_never_practised_has_a_profile_without_levels() -> None:
    ending = sync().all()
    assert ending["result"]["practices"] == 0
    assert {skill["level"] for skill in ending["result"]["areas"].values()} == {0}


def test_a_profile_that_a_newer_one_overtook_is_neither_saved_nor_told_of() -> None:
    slow, quick = sync(practice(1)), sync(practice(2))
    history = slow.load()
    newer = quick.all()["result"]
    assert heard() == [newer]
    ending = slow.publish(slow.save(history))
    assert (ending["status"], ending["outcome"], ending["result"]["practices"]) == ("completed", "superseded", 1)
    assert profile_of()["practices"] == 2
    assert heard() == []


def test_a_sync_that_finds_nothing_new_saves_and_tells_again() -> None:
    first = sync(practice(1)).all()["result"]
    assert sync(practice(1)).all()["outcome"] == "published"
    assert heard() == [first, first]


def test_a_profile_s_step_delivered_again_after_a_newer_one_was_saved_says_what_it_did() -> None:
    slow, quick = sync(practice(1)), sync(practice(2))
    history = slow.load()
    assert slow.save(history) == {"saved": True}
    quick.all()
    assert slow.save(history) == {"saved": True}
    assert profile_of()["practices"] == 2


def test_the_same_practice_with_other_content_is_refused_and_the_first_stands() -> None:
    sync(practice(1)).all()
    other = sync(practice(1, drills=DRILLS[:1]))
    with pytest.raises(PracticeConflict):
        other.load()
    assert record_of(other.session_id)["steps"]["LoadPractice"]["error"]["type"] == "PracticeConflict"
    (row,) = every_row("practices-test")[-1:]
    assert row["drills"] == DRILLS


def test_the_same_practice_told_in_another_time_zone_is_the_same() -> None:
    sync(practice(1, practicedAt="2025-01-02T09:30:00Z")).all()
    assert sync(practice(1, practicedAt="2025-01-02T18:30:00+09:00")).all()["result"]["practices"] == 1


def test_each_user_has_practices_and_a_profile_of_their_own() -> None:
    sync(practice(1)).all()
    assert sync(practice(1), practice(2), user_id="rider-8").all()["result"]["practices"] == 2
    assert profile_of()["practices"] == 1


def test_all_pages_of_a_long_history_are_read() -> None:
    """DynamoDB answers a query with one megabyte at a time."""
    for number in range(4):
        put({**practice(number), "userId": USER, "notes": "n" * 350_000})
    assert sync(practice(4)).load()["practices"] == 5


def test_a_row_that_cannot_be_read_is_left_out_and_told_by_its_key(caplog: pytest.LogCaptureFixture) -> None:
    put({"userId": USER, "practiceId": "imported-1", "practicedAt": "last winter", "drills": DRILLS})
    assert sync(practice(1)).load()["practices"] == 1
    assert any(vars(each).get("practiceId") == "imported-1" for each in caplog.records)
    assert "last winter" not in caplog.text


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        (start.Settings, "PRACTICES_TABLE"),
        (load_practice.Settings, "PRACTICES_TABLE"),
        (save_skill_profile.Settings, "SKILL_PROFILES_TABLE"),
    ],
)
def test_a_missing_setting_is_named(environment: pytest.MonkeyPatch, settings: type[Settings], variable: str) -> None:
    environment.delenv(variable)
    forget_settings()
    with pytest.raises(WrongSettings, match=variable):
        load(settings)
