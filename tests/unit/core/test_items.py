"""The items of a Map: each is done and counted once, and what fails or is left comes to a later delivery."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from core import aws, rows
from core.errors import InvalidInput, ProviderUnavailable, SessionClosed
from core.errors import StaleExecution as Stale
from core.outputs import StepOutputs
from core.record import Change, Table
from core.sessions import Hold
from tests.support import toy
from tests.support.interleaving import Fate
from tests.support.tables import record_of
from tests.unit.core.making import (
    END,
    MAKE,
    RETRIED,
    START,
    Watch,
    Workshop,
    batch,
    count_of,
    end_it,
    entry_of,
    kept,
    make,
    opened,
    retry_it,
    stopping,
    workshops,
)


@pytest.fixture(autouse=True)
def _stopping(shared_tables: None) -> Iterator[None]:
    with stopping():
        yield


class TestABatch:
    def test_keeps_what_each_item_came_to_and_counts_it(self) -> None:
        session_id = opened()
        delivery = batch(session_id, 2, 3, of=7).finish()
        assert delivery.output == {"done": 2, "failed": 0}
        committing = ["get_item sessions-test", "transact_write_items"]
        reading = ["get_item sessions-test", "update_item sessions-test", "batch_get_item"]
        assert delivery.calls == reading + 2 * committing
        assert kept(session_id) == ({2: {"run": 2}, 3: {"run": 3}}, {})
        record = record_of(session_id)
        assert (record["status"], record["phase"], record["progress"]) == ("processing", "making", 5 + 40 * 2 // 7)
        entry = record["steps"]["MakeToys"]
        assert (entry["status"], entry["attempt"], entry["items"]) == ("running", 1, {"done": 2, "of": 7})
        assert record["version"] == 1 + 1 + 2

    def test_commits_at_once_what_is_yielded_at_once(self) -> None:
        session_id = opened(at_once=10)
        delivery = batch(session_id, 1, 25, of=25).finish()
        assert delivery.calls.count("transact_write_items") == 3
        assert count_of(session_id) == (25, 25)

    def test_may_be_as_large_as_a_transaction(self) -> None:
        session_id = opened(at_once=99)
        assert make(session_id, 1, 99, of=99) == {"done": 99, "failed": 0}
        assert make(session_id, 1, 99, of=99) == {"done": 99, "failed": 0}
        assert workshops[session_id].made == list(range(1, 100))

    def test_is_shown_to_have_begun_before_any_item_is_done(self) -> None:
        session_id = opened(delayed={1})
        with pytest.raises(ProviderUnavailable):
            make(session_id, 1, 2, of=2)
        record = record_of(session_id)
        assert (record["phase"], record["progress"], count_of(session_id)) == ("making", START, (0, 2))

    def test_that_is_the_last_ends_the_step(self) -> None:
        session_id = opened()
        make(session_id, 1, 2, of=5)
        assert entry_of(session_id)["status"] == "running"
        make(session_id, 3, 5, of=5)
        entry = entry_of(session_id)
        assert (entry["status"], entry["attempt"]) == ("succeeded", 1)
        assert entry["finishedAt"] >= entry["startedAt"]
        assert record_of(session_id)["progress"] == END

    def test_without_items_is_refused(self) -> None:
        session_id = opened()
        with pytest.raises(InvalidInput, match="items: is missing"):
            MAKE(toy.event(session_id, session_id, amount=7), None)

    def test_has_its_input_looked_at(self) -> None:
        session_id = opened()
        event = {**toy.event(session_id, session_id), "items": {"first": 1, "last": 1, "of": 1}}
        with pytest.raises(InvalidInput, match="amount: Field required"):
            MAKE(event, None)
        assert entry_of(session_id)["error"]["type"] == "InvalidInput"

    @pytest.mark.parametrize("of", [1, 3, 40, 41, 3000])
    def test_lets_progress_rise_with_what_is_done_of_what_there_is(self, of: int) -> None:
        session_id = opened()
        watch = Watch(session_id)
        watch.finish(batch(session_id, 1, min(of, 4), of=of))

    def test_leaves_progress_where_another_branch_has_brought_it(self) -> None:
        session_id = opened()
        Hold(Table("sessions-test"), session_id, toy.execution_arn(session_id), "Fast").claim("fast", 30)
        make(session_id, 1, 1, of=4)
        assert record_of(session_id)["progress"] == 30
        make(session_id, 2, 4, of=4)
        assert record_of(session_id)["progress"] == END


class TestAnItemThatFailsForGood:
    def test_is_named_and_the_others_go_on(self) -> None:
        session_id = opened(broken={2})
        assert make(session_id, 1, 3, of=4) == {"done": 2, "failed": 1}
        error = {"type": "Broken", "message": "toy 2 is broken"}
        assert kept(session_id) == ({1: {"run": 1}, 3: {"run": 3}}, {2: error})
        entry = entry_of(session_id)
        assert (entry["status"], entry["error"], entry["items"]) == ("failed", error, {"done": 2, "of": 4})
        record = record_of(session_id)
        assert (record["status"], record["progress"]) == ("processing", 5 + 40 * 2 // 4)

    def test_is_tried_again_by_a_later_delivery_which_clears_the_error(self) -> None:
        session_id = opened(broken={2, 3})
        make(session_id, 1, 3, of=3)
        workshops[session_id].broken = {3}
        assert make(session_id, 1, 3, of=3) == {"done": 2, "failed": 1}
        assert entry_of(session_id)["error"]["message"] == "toy 3 is broken"
        workshops[session_id].broken = set()
        assert make(session_id, 1, 3, of=3) == {"done": 3, "failed": 0}
        assert workshops[session_id].made == [1, 2, 3, 2, 3, 3]
        assert kept(session_id)[1] == {}
        entry = entry_of(session_id)
        assert (entry["status"], entry["items"], "error" in entry) == ("succeeded", {"done": 3, "of": 3}, False)

    def test_that_a_twin_has_done_stays_done_and_those_beside_it_count(self) -> None:
        session_id = opened(broken={1}, at_once=2)
        late = batch(session_id, 1, 2, of=2)
        while "batch_get_item" not in late.calls:
            late.step()  # toy 1 is broken by now, and toy 2 made
        workshops[session_id].broken = set()
        make(session_id, 1, 1, of=2)
        late.finish()
        assert kept(session_id) == ({1: {"run": 1}, 2: {"run": 2}}, {})
        assert (entry_of(session_id)["status"], count_of(session_id)) == ("succeeded", (2, 2))

    def test_does_not_undo_its_twin_s_output_nor_mark_the_step_failed(self) -> None:
        session_id = opened(broken={1})
        late = batch(session_id, 1, 1, of=2)
        while "batch_get_item" not in late.calls:
            late.step()  # toy 1 is broken by now, and about to be written down so
        workshops[session_id].broken = set()
        make(session_id, 1, 1, of=2)
        before = record_of(session_id)
        late.finish()
        assert kept(session_id) == ({1: {"run": 1}}, {})
        assert record_of(session_id) == before

    @pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
    def test_is_not_counted_as_done_where_its_delivery_dies(self, fate: Fate) -> None:
        session_id = opened(broken={1})
        watch = Watch(session_id)
        for _ in range(2):
            victim = batch(session_id, 1, 1, of=2)
            while victim.calls[-2:] != ["batch_get_item", "get_item sessions-test"]:
                watch.step(victim)
            watch.step(victim, fate)
        assert count_of(session_id) == (0, 2)


class TestAnErrorThatLeavesTheBody:
    def test_keeps_what_was_done_and_is_told_by_the_record_until_all_is_done(self) -> None:
        session_id = opened(delayed={3})
        with pytest.raises(ProviderUnavailable):
            make(session_id, 1, 4, of=4)
        entry = entry_of(session_id)
        assert entry["error"] == {"type": "ProviderUnavailable", "message": "no material"}
        assert (entry["status"], entry["items"]) == ("failed", {"done": 2, "of": 4})
        workshops[session_id].delayed = set()
        make(session_id, 3, 3, of=4)
        assert entry_of(session_id)["error"] == {"type": "ProviderUnavailable", "message": "no material"}
        make(session_id, 1, 4, of=4)
        assert workshops[session_id].made == [1, 2, 3, 4]
        entry = entry_of(session_id)
        assert (entry["status"], "error" in entry) == ("succeeded", False)

    def test_comes_too_late_for_a_step_that_has_succeeded(self) -> None:
        session_id = opened(delayed={1})
        late = batch(session_id, 1, 1, of=1)
        while "batch_get_item" not in late.calls:
            late.step()
        workshops[session_id].delayed = set()
        make(session_id, 1, 1, of=1)
        before = record_of(session_id)
        late.finish()
        assert isinstance(late.error, ProviderUnavailable)
        assert record_of(session_id) == before


class TestAnotherExecutionsSession:
    def test_is_not_written_to(self) -> None:
        session_id = opened()
        before = record_of(session_id)
        with pytest.raises(Stale, match="belongs to"):
            make(session_id, 1, 1, of=1, execution="other")
        with pytest.raises(Stale, match="no record"):
            make(toy.new_session(), 1, 1, of=1)
        assert record_of(session_id) == before

    @pytest.mark.parametrize("ended_at", range(3 + 2 * 2 + 1))
    def test_once_ended_stays_as_it_ended(self, ended_at: int) -> None:
        session_id = opened()
        late = batch(session_id, 1, 2, of=3)
        for _ in range(ended_at):
            late.step()
        end_it(session_id)
        ended, outputs = record_of(session_id), kept(session_id)
        late.finish()
        assert late.output is not None if ended_at > 6 else isinstance(late.error, SessionClosed)
        assert (record_of(session_id), kept(session_id)) == (ended, outputs)

    @pytest.mark.parametrize("ended_at", range(3 + 2 * 2 + 1))
    def test_is_left_to_the_next_execution_which_does_only_what_is_left(self, ended_at: int) -> None:
        session_id = opened()
        late = batch(session_id, 1, 2, of=2)
        for _ in range(ended_at):
            late.step()
        done = set(kept(session_id)[0])
        retry_it(session_id)
        watch = Watch(session_id)
        workshops[session_id].made.clear()
        watch.finish(batch(session_id, 1, 2, of=2, execution=RETRIED), late)
        assert done & set(workshops[session_id].made[: 2 - len(done)]) == set()
        assert count_of(session_id) == (2, 2)
        assert isinstance(late.error, Stale) or late.output is not None


class TestARetriedSession:
    def test_does_only_what_is_left_and_counts_on(self) -> None:
        session_id = opened(broken={2})
        make(session_id, 1, 3, of=4)
        retry_it(session_id)
        workshops[session_id] = Workshop()
        assert make(session_id, 1, 3, of=4, execution=RETRIED) == {"done": 3, "failed": 0}
        record, entry = record_of(session_id), entry_of(session_id)
        assert workshops[session_id].made == [2]
        assert (record["phase"], record["progress"]) == ("making", 5 + 40 * 3 // 4)
        assert (entry["status"], entry["attempt"], entry["items"]) == ("running", 2, {"done": 3, "of": 4})
        assert "error" not in entry
        make(session_id, 4, 4, of=4, execution=RETRIED)
        assert entry_of(session_id)["status"] == "succeeded"

    def test_goes_through_a_finished_pass_without_a_write(self) -> None:
        session_id = opened()
        make(session_id, 1, 2, of=2)
        retry_it(session_id)
        before = record_of(session_id)
        assert make(session_id, 1, 2, of=2, execution=RETRIED) == {"done": 2, "failed": 0}
        assert record_of(session_id) == before


class TestAnEarlierSessionOfTheSameId:
    def begin_anew(self, session_id: str) -> None:
        """The record has expired, and another session is begun; what items came to is still there."""
        aws.dynamodb().delete_item(TableName="sessions-test", Key={"sessionId": {"S": session_id}})
        with patch("core.record.now", lambda: "2099-01-01T00:00:00.000Z"):
            toy.OPEN(toy.event(session_id, session_id, amount=7), None)

    def test_has_done_nothing_for_this_one(self) -> None:
        session_id = opened(broken={3})
        make(session_id, 1, 3, of=3)
        self.begin_anew(session_id)
        workshops[session_id] = Workshop()
        assert kept(session_id) == ({}, {})
        watch = Watch(session_id)
        watch.finish(batch(session_id, 1, 2, of=3))
        assert workshops[session_id].made == [1, 2]
        assert kept(session_id) == ({1: {"run": 1}, 2: {"run": 2}}, {})
        watch.finish(batch(session_id, 3, 3, of=3))
        assert entry_of(session_id)["status"] == "succeeded"


class TestWhatItemsCameTo:
    def test_is_read_in_order_and_of_this_step_alone(self) -> None:
        session_id = opened(at_once=99)
        make(session_id, 1, 12, of=12)
        began = record_of(session_id)["createdAt"]
        others = {"sessionId": session_id, "sessionBegan": began, "output": '{"run": 0}'}
        for key in ("MakeToys", "MakeToysAgain#1", "Make#1"):
            aws.dynamodb().put_item(TableName="steps-test", Item=rows.to_item({**others, "stepKey": key}))
        outputs, errors = kept(session_id)
        assert (list(outputs), errors) == (list(range(1, 13)), {})

    def test_is_read_page_by_page(self) -> None:
        session_id = opened()
        began, steps = record_of(session_id)["createdAt"], StepOutputs("steps-test")
        for number in range(1, 5):
            write = steps.item_write(session_id, began, "MakeToys", number, {"run": "x" * 390_000}, failed=False)
            assert rows.transact([write]) == []
        assert list(kept(session_id)[0]) == [1, 2, 3, 4]

    def test_is_kept_for_as_long_as_a_session_may_take(self) -> None:
        session_id = opened(broken={2})
        make(session_id, 1, 2, of=2)
        for number in (1, 2):
            row: Any = rows.get("steps-test", {"sessionId": session_id, "stepKey": f"MakeToys#{number}"})
            assert row["ttl"] > 0
            assert row["sessionBegan"] == record_of(session_id)["createdAt"]


def test_a_map_after_a_question_that_nobody_answered_takes_the_session_out_of_its_wait() -> None:
    session_id = opened()
    entry: Any = {"status": "waiting", "attempt": 1, "startedAt": "2026-11-21T09:00:00.000Z"}
    waiting = {"callbackId": "c", "kind": "signal", "step": "Ask", "expiresAt": "2026-11-21T09:01:00.000Z"}
    change: Any = Change(set={"status": "waiting", "waitingFor": waiting}, entries={"Ask": entry})
    Table("sessions-test").change(session_id, lambda _seen: change, record_of(session_id))
    make(session_id, 1, 1, 1)
    record = record_of(session_id)
    assert (record["status"], "waitingFor" in record) == ("processing", False)
    assert record["steps"]["Ask"]["error"]["type"] == "NoAnswer"
