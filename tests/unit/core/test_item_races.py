"""Deliveries of batches repeated, killed at every call, and side by side: each item is done and counted once."""

from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import aws
from core.errors import AwsUnavailable, SessionBusy
from core.record import Table
from core.sessions import Hold
from tests.support import toy
from tests.support.interleaving import Fate
from tests.support.tables import record_of
from tests.unit.core.making import (
    MAKE,
    Watch,
    batch,
    count_of,
    empty_tables,
    entry_of,
    kept,
    make,
    opened,
    stopping,
    workshops,
)


@pytest.fixture(autouse=True)
def _stopping(shared_tables: None) -> Iterator[None]:
    with stopping():
        yield


class TestARepeatedBatch:
    def test_does_nothing_of_what_is_done(self) -> None:
        session_id = opened()
        make(session_id, 1, 4, of=4)
        before = record_of(session_id)
        assert make(session_id, 1, 4, of=4) == {"done": 4, "failed": 0}
        assert (workshops[session_id].runs, workshops[session_id].made) == (1, [1, 2, 3, 4])
        assert record_of(session_id) == before

    def test_does_what_is_left_in_a_batch_cut_differently(self) -> None:
        session_id = opened()
        make(session_id, 2, 3, of=6)
        assert make(session_id, 1, 6, of=6) == {"done": 6, "failed": 0}
        assert workshops[session_id].made == [2, 3, 1, 4, 5, 6]
        assert count_of(session_id) == (6, 6)

    @pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
    @pytest.mark.parametrize("fatal", range(3 + 2 * 3))
    def test_makes_good_a_delivery_killed_at_any_call(self, fatal: int, fate: Fate) -> None:
        session_id = opened()
        watch = Watch(session_id)
        victim = batch(session_id, 1, 3, of=3)
        for _ in range(fatal):
            watch.step(victim)
        watch.step(victim, fate)
        assert victim.output is None
        done = set(kept(session_id)[0])
        made_before = len(workshops[session_id].made)
        watch.finish(batch(session_id, 1, 3, of=3))
        assert set(workshops[session_id].made[made_before:]) == {1, 2, 3} - done
        assert count_of(session_id) == (3, 3)

    def test_changes_no_phase_that_has_moved_on(self) -> None:
        session_id = opened()
        make(session_id, 1, 2, of=2)
        Hold(Table("sessions-test"), session_id, toy.execution_arn(session_id), "Next").claim("moved_on", 60)
        before = record_of(session_id)
        make(session_id, 1, 2, of=2)
        assert record_of(session_id) == before


FATES = st.sampled_from([Fate.GO_ON, Fate.GO_ON, Fate.GO_ON, Fate.DIE_BEFORE, Fate.DIE_AFTER])
BATCHES = ((1, 2), (3, 5), (1, 5))


class TestDeliveriesSideBySide:
    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(st.tuples(st.integers(0, 2), FATES), max_size=24), st.sets(st.integers(1, 5), max_size=2))
    def test_count_each_item_once_in_every_order_whoever_dies(
        self, turns: list[tuple[int, Fate]], broken: set[int]
    ) -> None:
        empty_tables()
        session_id = opened(broken=broken, at_once=2)
        watch = Watch(session_id)
        every = [batch(session_id, *BATCHES[number], of=5) for number in range(3)]
        for number, fate in turns:
            if every[number].done:
                every[number] = batch(session_id, *BATCHES[number], of=5)
            else:
                watch.step(every[number], fate)
        watch.finish(*every)
        assert all(delivery.error is None for delivery in every)
        workshops[session_id].broken = set()
        watch.finish(batch(session_id, 1, 5, of=5))
        assert kept(session_id) == ({number: {"run": number} for number in range(1, 6)}, {})
        assert entry_of(session_id)["status"] == "succeeded"
        assert "error" not in entry_of(session_id)

    def test_ten_at_once_all_get_through(self) -> None:
        session_id = opened(at_once=2)
        watch = Watch(session_id)
        every = [batch(session_id, 2 * number + 1, 2 * number + 2, of=20) for number in range(10)]
        watch.finish(*every)
        assert [delivery.error for delivery in every] == [None] * 10
        assert count_of(session_id) == (20, 20)
        assert entry_of(session_id)["attempt"] == 1

    def test_twins_keep_one_output_of_each_item(self) -> None:
        session_id = opened(at_once=3)
        slow = batch(session_id, 1, 3, of=3)
        while "batch_get_item" not in slow.calls:
            slow.step()
        make(session_id, 2, 2, of=3)
        slow.finish()
        assert slow.output == {"done": 3, "failed": 0}
        assert workshops[session_id].made == [1, 2, 3, 2]
        assert count_of(session_id) == (3, 3)


def sent(session_id: str, first: int, last: int, of: int) -> Any:
    """What the state machine sends with a batch."""
    items = {"first": first, "last": last, "of": of}
    return {**toy.event(session_id, session_id, amount=7), "items": items}


def cancelled(*codes: str) -> ClientError:
    """A transaction that DynamoDB did not write, with each write's reason."""
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": ", ".join(codes)},
        "CancellationReasons": [{"Code": code} for code in codes],
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    return ClientError(response, "TransactWriteItems")


def transactions(answer: Callable[..., Any]) -> Any:
    """Has transactions answered so."""
    real = aws.dynamodb()

    class Client:
        def __getattr__(self, name: str) -> Any:
            return answer if name == "transact_write_items" else getattr(real, name)

    return patch.object(aws, "dynamodb", Client)


class TestTransactions:
    @pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_that_meet_others_are_tried_again(self, code: str) -> None:
        session_id, real, left = opened(), aws.dynamodb(), [1, 2, 3]

        def answer(**arguments: Any) -> Any:
            if left:
                left.pop()
                raise cancelled("None", code)
            return real.transact_write_items(**arguments)

        with transactions(answer):
            MAKE(sent(session_id, 1, 1, of=1), None)
        assert (left, count_of(session_id)) == ([], (1, 1))

    def test_are_made_at_once_of_a_record_in_hand_and_of_one_read_anew_after_a_pause(self) -> None:
        session_id, real, said = opened(), aws.dynamodb(), list[str]()
        bump: Any = {"UpdateExpression": "ADD version :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}

        def call(name: str, **arguments: Any) -> Any:
            said.append(name)
            tries = said.count("transact_write_items")
            if name == "transact_write_items" and tries == 1:
                real.update_item(TableName="sessions-test", Key={"sessionId": {"S": session_id}}, **bump)
            if name == "transact_write_items" and tries == 2:
                raise cancelled("None", "TransactionConflict")
            return getattr(real, name)(**arguments)

        class Client:
            def __getattr__(self, name: str) -> Any:
                return partial(call, name)

        pausing = patch("core.items.time", SimpleNamespace(sleep=lambda _seconds: said.append("pause")))
        with patch.object(aws, "dynamodb", Client), pausing:
            MAKE(sent(session_id, 1, 1, of=1), None)
        write = "transact_write_items"
        assert said[3:] == ["get_item", write, write, "pause", "get_item", write]

    def test_that_meet_others_all_the_time_end_with_a_transient_error(self) -> None:
        session_id, tries = opened(), list[Any]()

        def answer(**arguments: Any) -> Any:
            tries.append(arguments)
            raise cancelled("None", "TransactionConflict")

        with transactions(answer), pytest.raises(SessionBusy, match="kept changing under 20 tries"):
            MAKE(sent(session_id, 1, 1, of=1), None)
        assert len(tries) == 20
        assert entry_of(session_id)["error"]["type"] == "SessionBusy"

    @pytest.mark.parametrize(
        ("error", "named"),
        [
            (cancelled("None", "ValidationError"), ClientError),
            (
                ClientError(
                    {"Error": {"Code": "TransactionInProgressException", "Message": ""}, "ResponseMetadata": {}},  # type: ignore[typeddict-item]
                    "TransactWriteItems",
                ),
                AwsUnavailable,
            ),
        ],
    )
    def test_that_are_refused_otherwise_are_not(self, error: ClientError, named: type[Exception]) -> None:
        session_id, tries = opened(), list[Any]()
        error.response["ResponseMetadata"]["HTTPStatusCode"] = 400

        def answer(**arguments: Any) -> Any:
            tries.append(arguments)
            raise error

        with transactions(answer), pytest.raises(named):
            MAKE(sent(session_id, 1, 1, of=1), None)
        assert len(tries) == 1
