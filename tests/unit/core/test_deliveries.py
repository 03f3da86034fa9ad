"""A step's deliveries, repeated, lost, killed and racing: every case there is, one by one."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import pytest

from core.record import Status, Table
from core.sessions import Hold
from tests.support import toy
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.tables import record_of

PAYLOADS: tuple[dict[str, Any], ...] = ({"amount": 7}, {"amount": 7}, {"run": 0})


@pytest.fixture(autouse=True)
def _stopping(shared_tables: None) -> Iterator[None]:
    with interleaved():
        yield


def run_through(session_id: str, execution: str = "first", until: int = len(toy.STEPS)) -> list[Any]:
    deliveries = (
        toy.deliver(step, execution, session_id, **payload).finish()
        for step, payload in list(zip(toy.STEPS, PAYLOADS, strict=True))[:until]
    )
    return [delivery.output for delivery in deliveries]


def calls_of(make: Callable[[], Delivery]) -> int:
    """How many DynamoDB calls a delivery makes."""
    delivery, calls = make(), 0
    while not delivery.done:
        delivery.step()
        calls += 1
    return calls


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("position", range(len(toy.STEPS)))
def test_a_delivery_killed_at_any_of_its_calls_is_made_good_by_the_next(position: int, fate: Fate) -> None:
    step, payload = toy.STEPS[position], PAYLOADS[position]

    def prepared() -> str:
        session_id = toy.new_session()
        run_through(session_id, until=position)
        return session_id

    calls = calls_of(lambda: toy.deliver(step, "first", prepared(), **payload))
    assert calls == (1 if position == 0 else 3)
    for fatal in range(calls):
        session_id = prepared()
        victim = toy.deliver(step, "first", session_id, **payload)
        for _ in range(fatal):
            victim.step()
        victim.step(fate)
        assert victim.done
        assert victim.output is None
        again = toy.deliver(step, "first", session_id, **payload).finish()
        third = toy.deliver(step, "first", session_id, **payload).finish()
        assert again.error is None
        assert again.output == third.output
        record = record_of(session_id)
        assert record["steps"][step.name]["status"] == "succeeded"
        assert record["status"] == ("completed" if step is toy.CLOSE else "processing")


@pytest.mark.parametrize("position", [1, 2])
def test_a_body_is_not_run_again_once_its_output_is_kept(position: int) -> None:
    step, payload = toy.STEPS[position], PAYLOADS[position]
    session_id = toy.new_session()
    run_through(session_id, until=position)
    victim = toy.deliver(step, "first", session_id, **payload)
    victim.step()
    victim.step(Fate.DIE_AFTER)
    before = list(toy.runs)
    for _ in range(2):  # the first finds the output kept, the second the step succeeded
        again = toy.deliver(step, "first", session_id, **payload).finish()
        assert again.error is None
        assert toy.runs == before


def test_a_delivery_that_succeeds_after_its_twin_failed_leaves_no_error() -> None:
    session_id = toy.new_session()
    run_through(session_id, until=1)
    table = Table("sessions-test")
    slow, failing = (Hold(table, session_id, toy.execution_arn("first"), "Work") for _ in range(2))
    slow.claim("working", 10)
    failing.claim("working", 10)
    failing.fail({"type": "Broken", "message": "it is broken"})
    assert record_of(session_id)["steps"]["Work"]["error"]["type"] == "Broken"
    slow.finish("worked", 50)
    entry = record_of(session_id)["steps"]["Work"]
    assert (entry["status"], entry["attempt"]) == ("succeeded", 2)
    assert "error" not in entry


def test_progress_does_not_fall_where_branches_overtake_each_other() -> None:
    session_id = toy.new_session()
    run_through(session_id, until=1)
    table = Table("sessions-test")
    fast, slow = (Hold(table, session_id, toy.execution_arn("first"), step) for step in ("Fast", "Slow"))
    fast.claim("fast", 60)
    slow.claim("slow", 20)
    assert record_of(session_id)["progress"] == 60
    fast.finish("fast_done", 80)
    slow.finish("slow_done", 40)
    assert record_of(session_id)["progress"] == 80
    late = Hold(table, session_id, toy.execution_arn("first"), "Late")
    late.claim("late", 10)
    late.complete(Status.EXPIRED, "nobody_answered")
    assert record_of(session_id)["progress"] == 80


@pytest.mark.parametrize("position", range(len(toy.STEPS)))
def test_two_racing_deliveries_of_a_step_return_one_output_in_every_order(position: int) -> None:
    step, payload = toy.STEPS[position], PAYLOADS[position]
    for first_s_turns in combinations(range(6), 3):  # each makes three calls
        session_id = toy.new_session()
        run_through(session_id, until=position)
        twins = [toy.deliver(step, "first", session_id, **payload) for _ in range(2)]
        for turn in range(6):
            chosen = twins[turn not in first_s_turns]
            if not chosen.done:
                chosen.step()
        first, second = (twin.finish() for twin in twins)
        assert (first.error, second.error) == (None, None)
        assert first.output == second.output
        assert record_of(session_id)["steps"][step.name]["status"] == "succeeded"


def test_a_session_stopped_at_any_call_stays_as_it_ended() -> None:
    for position, (step, payload) in enumerate(zip(toy.STEPS, PAYLOADS, strict=True)):
        for stopped_at in range(4):
            session_id = toy.new_session()
            run_through(session_id, until=position)
            late = toy.deliver(step, "first", session_id, **payload)
            for _ in range(stopped_at):
                if not late.done:
                    late.step()
            had_ended = (record_of(session_id) or {}).get("status") == "completed"
            toy.reconcile("first", session_id, "ABORTED").finish()
            ended = record_of(session_id)
            late.finish()
            assert ended["status"] == ("completed" if had_ended else "cancelled")
            assert record_of(session_id) == ended
