"""Events and sessions of one user side by side, repeated, and killed at each of their calls: no practice is lost."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import product
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient

from skill_sync.levels import history, profile
from skill_sync.models import Practice
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.skill_sync import USER, heard, practice, profile_of
from tests.support.tables import record_of
from tests.unit.skill_sync.syncing import Run, Started, happen, started_sessions

pytestmark = pytest.mark.usefixtures("tables")

OWN_TABLES = ("practices-test", "skill-profiles-test", "results-test")


@pytest.fixture
def started() -> Iterator[Started]:
    with started_sessions() as sessions:
        yield sessions


def practices(count: int) -> list[dict[str, Any]]:
    """Practices of which no two have the same scores."""
    areas = ("edging", "pressure", "timing")
    return [
        practice(
            number,
            drills=[{"drill": "d", "area": area, "score": (number * 37) % 101 * 0.9} for area in areas[number % 3 :]],
        )
        for number in range(count)
    ]


def in_one_go(done: list[dict[str, Any]]) -> Any:
    """The profile that these practices make, whatever came when."""
    known = [Practice.model_validate(each) for each in done]
    return profile(history(USER, known)).model_dump(mode="json", by_alias=True)


def check(done: list[dict[str, Any]]) -> None:
    """The profile that is there, and the newest that others were told of, is that of all these practices."""
    row, expected = profile_of(), in_one_go(done)
    assert {name: row[name] for name in expected} == expected
    assert max(heard(), key=lambda detail: detail["practices"]) == expected


def run(name: str, raw: Any) -> None:
    assert Run(name, raw).all()["status"] == "completed"


def run_all(started: Started) -> None:
    """Runs each session that was started and has not ended."""
    for name, raw in started.executions.items():
        if record_of(name)["status"] != "completed":
            run(name, raw)


def test_a_hundred_events_from_eight_threads_make_the_profile_that_one_go_makes(started: Started) -> None:
    done = practices(100)
    messages = done + random.Random(7).choices(done, k=50)
    random.Random(8).shuffle(messages)
    lock = threading.RLock()  # moto's tables are not made for threads: one call at a time
    real: Any = vars(BaseClient)["_make_api_call"]

    def make_api_call(client: Any, *call: Any) -> Any:
        with lock:
            return real(client, *call)

    with (
        patch.object(BaseClient, "_make_api_call", make_api_call),
        ThreadPoolExecutor(4) as machine,
        ThreadPoolExecutor(8) as senders,
    ):
        runs: list[Future[None]] = []
        started.hears = lambda name, raw: runs.append(machine.submit(run, name, raw))
        for sent in [senders.submit(happen, message) for message in messages]:
            sent.result()
    for each in runs:
        each.result()
    check(done)
    assert len(started.executions) < 50  # ten or so


def killed(call: Any, fatal: int, fate: Fate) -> bool:
    """A delivery that dies at this of its calls; False where it has none of this number."""
    victim = Delivery("victim", call).start()
    for _ in range(fatal):
        victim.step()
    if victim.done:
        return False
    victim.step(fate)
    assert victim.done
    assert victim.output is None
    return True


@pytest.mark.parametrize("meanwhile", ["nothing", "what was started runs"])
def test_an_event_killed_after_any_of_its_calls_is_made_good_when_it_comes_again(
    started: Started, meanwhile: str
) -> None:
    done = practices(10)
    with interleaved():
        for fatal in range(5):
            one, two = done[2 * fatal : 2 * fatal + 2]
            assert killed(partial(happen, one), fatal, Fate.DIE_AFTER) is (fatal < 4)
            if meanwhile != "nothing":
                run_all(started)
            happen(one)
            happen(two)
            run_all(started)
            check(done[: 2 * fatal + 2])


def test_an_event_that_comes_again_once_its_session_has_read_has_no_other_count_on_that_session(
    started: Started,
) -> None:
    one, two = practices(2)
    with interleaved():
        assert killed(partial(happen, one), 3, Fate.DIE_BEFORE)
    ((name, raw),) = started.executions.items()
    first = Run(name, raw)
    read = first.load()
    happen(one)
    happen(two)
    first.publish(first.save(read))
    run_all(started)
    check([one, two])


def test_a_session_killed_around_any_of_its_own_writes_is_made_good_when_its_steps_come_again(
    started: Started,
) -> None:
    done = iter(practices(40))
    so_far = [next(done)]
    with interleaved():
        happen(*so_far)
        ((name, raw),) = started.executions.items()
        calls = Delivery("first", partial(run, name, raw)).start().finish().calls
        own = [number for number, call in enumerate(calls) if call.split()[-1] in OWN_TABLES]
        assert len(own) == 3
        for fatal, fate in product(own, [Fate.DIE_BEFORE, Fate.DIE_AFTER]):
            so_far += [next(done), next(done)]
            happen(so_far[-2])
            name, raw = list(started.executions.items())[-1]
            assert killed(partial(run, name, raw), fatal, fate)
            happen(so_far[-1])
            run_all(started)
            check(so_far)


@pytest.mark.parametrize("seed", range(3))
def test_events_and_sessions_in_any_order_of_their_calls_lose_nothing(started: Started, seed: int) -> None:
    chance, done = random.Random(seed), practices(12)
    messages = [partial(happen, each) for each in done + chance.choices(done, k=6)]
    chance.shuffle(messages)
    waiting: list[Any] = messages
    started.hears = lambda name, raw: waiting.append(partial(run, name, raw))
    running: list[tuple[Any, Delivery]] = []
    with interleaved():
        while waiting or running:
            if waiting and len(running) < 8:
                call = waiting.pop(chance.randrange(len(waiting)))
                running.append((call, Delivery("one of eight", call).start()))
            call, delivery = chance.choice(running)
            if not delivery.done:
                fate = chance.choices(list(Fate), weights=[30, 1, 1])[0]
                delivery.step(fate)
                if fate is not Fate.GO_ON:
                    waiting.append(call)  # it is delivered again
            if delivery.done:
                assert delivery.error is None
                running.remove((call, delivery))
    check(done)
