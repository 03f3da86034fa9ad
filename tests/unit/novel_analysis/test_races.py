"""novel-analysis's deliveries killed, repeated and side by side, at each call: nothing lost, nothing twice."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import count
from typing import Any

import pytest

from novel_analysis.models import Storyboard
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.novel_analysis import Run, story, storyboard_of
from tests.support.tables import record_of

_MOST_CALLS = 6  # of any of the Lambdas
_stories = count(1)
Call = Callable[[], Any]


@pytest.fixture(autouse=True)
def _stopping(shared_tables: None) -> Iterator[None]:
    with interleaved():
        yield


def check(run: Run) -> None:
    """The session is done, its items are counted once, and its storyboard is an undisturbed session's."""
    record = record_of(run.session_id)
    assert (record["status"], record["outcome"], record["progress"]) == ("completed", "complete", 100)
    for name in ("ExtractFacts", "DrawStoryboards"):
        assert record["steps"][name]["items"] == {"done": 3, "of": 3}
    assert {entry["status"] for entry in record["steps"].values()} == {"succeeded"}
    assert storyboard_of(run.session_id) == undisturbed()


@cache
def undisturbed() -> Storyboard:
    run = Run({"text": story(3)}, f"race-{next(_stories)}")
    run.all()
    return storyboard_of(run.session_id)


def run_with(deliver: Callable[[Call], Any]) -> Run:
    run = Run({"text": story(3)}, f"race-{next(_stories)}", deliver)
    run.all()
    return run


def started(call: Call) -> Delivery:
    return Delivery("delivery", call).start()


def steps(delivery: Delivery, calls: int) -> None:
    """Up to so many calls."""
    for _ in range(calls):
        if not delivery.done:
            delivery.step()


def finished(delivery: Delivery) -> Any:
    assert delivery.finish().error is None
    assert len(delivery.calls) <= _MOST_CALLS
    return delivery.output


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("fatal", range(_MOST_CALLS))
def test_lambdas_that_are_killed_at_a_call_are_made_good_by_the_next_delivery(fatal: int, fate: Fate) -> None:
    def deliver(call: Call) -> Any:
        victim = started(call)
        steps(victim, fatal)
        if not victim.done:
            victim.step(fate)
        return finished(started(call))

    check(run_with(deliver))


@pytest.mark.parametrize("ahead", range(_MOST_CALLS))
def test_two_deliveries_side_by_side_answer_the_same_and_count_once(ahead: int) -> None:
    def deliver(call: Call) -> Any:
        slow, quick = started(call), started(call)
        steps(slow, ahead)
        answer = finished(quick)
        assert finished(slow) == answer
        return answer

    check(run_with(deliver))


@pytest.mark.parametrize("ahead", range(_MOST_CALLS))
def test_batches_side_by_side_are_all_counted(ahead: int) -> None:
    run = Run({"text": story(3)}, f"race-{next(_stories)}").prepare()
    for work in (run.extract, run.draw):
        slow, *others = (started(partial(work, number, number)) for number in (1, 2, 3))
        steps(slow, ahead)
        for delivery in (*others, slow):
            assert finished(delivery) == {"done": 1, "failed": 0}
        if run.merged is None:
            run.merge()
    run.save()
    check(run)
