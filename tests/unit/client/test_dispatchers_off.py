"""Dispatchers without a workflow behind them: local tasks, what is said and how often; and where settings come from."""

import asyncio
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from fastapi import BackgroundTasks

from durable_workflows.dispatchers import (
    CasiWorkflowDispatcher,
    get_casi_workflow_dispatcher,
    get_course_workflow_dispatcher,
    get_gear_workflow_dispatcher,
    get_tripbuddy_workflow_dispatcher,
)
from durable_workflows.dispatchers.base import Dispatcher
from tests.unit.client.api import STARTED, Api
from tests.unit.client.dispatching import DISPATCHERS, PRACTICE, REMINDER, REVIEW, TRIP, Calls

FACTORIES: dict[str, Any] = {
    "CASI": get_casi_workflow_dispatcher,
    "TRIPBUDDY": get_tripbuddy_workflow_dispatcher,
    "COURSE": get_course_workflow_dispatcher,
    "GEAR": get_gear_workflow_dispatcher,
}
START: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "CASI": ("dispatch", ("u-1",), {"practice": PRACTICE}),
    "TRIPBUDDY": ("notify_request_created", ("r-1",), TRIP),
    "COURSE": ("notify_submitted", ("v-1",), REVIEW),
    "GEAR": ("schedule", REMINDER, {"reminder_id": "w-1"}),
}
OWN_ID = {"CASI": "p-1", "TRIPBUDDY": "r-1", "COURSE": "v-1", "GEAR": "w-1"}


@pytest.fixture(autouse=True)
def _fresh(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "durable_workflows")
    for factory in FACTORIES.values():
        factory.cache_clear()


@pytest.mark.parametrize("name", FACTORIES)
def test_a_factory_makes_one_dispatcher_by_its_own_variables(
    calls: Calls, api: Api, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"{name}_WORKFLOW_URL", api.url)
    monkeypatch.setenv(f"{name}_WORKFLOW_API_KEY", "the-key")
    api.answers(STARTED, 202)
    method, args, fields = START[name]
    assert calls(FACTORIES[name](), method, *args, **fields).status == "sent"
    assert FACTORIES[name]() is FACTORIES[name]()
    assert [other for other, factory in FACTORIES.items() if factory().configured] == [name]


def test_common_variables_configure_them_all(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFLOW_URL", api.url)
    monkeypatch.setenv("WORKFLOW_API_KEY", "the-key")
    monkeypatch.setenv("GEAR_WORKFLOW_AUTH_MODE", "None")
    assert [name for name, factory in FACTORIES.items() if factory().configured] == ["CASI", "TRIPBUDDY", "COURSE"]


@pytest.mark.parametrize("name", FACTORIES)
def test_what_is_not_configured_does_nothing_and_says_so_once_at_info(
    calls: Calls, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    method, args, fields = START[name]
    dispatch = calls(FACTORIES[name](), method, *args, **fields)
    assert (dispatch.status, dispatch.id) == ("off", OWN_ID[name])
    assert calls(FACTORIES[name](), method, *args, **fields, background_tasks=BackgroundTasks()) == dispatch
    (said,) = caplog.records
    assert said.levelname == "INFO"
    assert f"not configured ({name}_WORKFLOW_URL), nothing is dispatched" in said.message


@pytest.mark.parametrize("kind", DISPATCHERS)
def test_many_threads_and_dispatchers_say_it_once(kind: type[Dispatcher], caplog: pytest.LogCaptureFixture) -> None:
    ready = threading.Barrier(8)

    def call() -> None:
        dispatcher = kind()
        ready.wait()
        dispatcher._do(dispatcher._start("id-1", {}), None)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(caplog.records) == 1


@pytest.mark.parametrize("name", FACTORIES)
def test_half_set_variables_are_an_error_that_is_said_once_and_never_raised(
    calls: Calls, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    monkeypatch.setenv("WORKFLOW_URL", api.url)
    method, args, fields = START[name]
    for _ in range(2):
        assert calls(FACTORIES[name](), method, *args, **fields).status == "off"
        FACTORIES[name].cache_clear()
    (error,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert f"the settings are wrong, nothing is dispatched: {name}_WORKFLOW_API_KEY: is missing" in error
    assert api.requests == []


class Ran:
    """Local tasks, each of which notes the thread it ran in."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def plain(self) -> None:
        self.threads.append(threading.current_thread())

    async def coroutine(self) -> None:
        await asyncio.sleep(0)
        self.plain()

    def hidden(self) -> Any:
        return self.coroutine()

    def raising(self) -> None:
        self.plain()
        raise ValueError("u-1 is personal")

    async def raising_coroutine(self) -> None:
        self.raising()


TASKS: dict[str, Callable[[Ran], Callable[[], object]]] = {
    "a function": lambda ran: ran.plain,
    "a coroutine function": lambda ran: ran.coroutine,
    "a partial of one": lambda ran: partial(ran.coroutine),
    "a function that returns a coroutine": lambda ran: ran.hidden,
}


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_the_local_task_runs_where_the_workflow_is_not_configured(
    calls: Calls, caplog: pytest.LogCaptureFixture, task: Callable[[Ran], Callable[[], object]]
) -> None:
    ran = Ran()
    assert calls(CasiWorkflowDispatcher(), "dispatch", "u-1", local_task=task(ran)).status == "local"
    assert len(ran.threads) == 1
    assert caplog.records == []


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_background_tasks_run_the_local_task_later(calls: Calls, task: Callable[[Ran], Callable[[], object]]) -> None:
    ran, tasks = Ran(), BackgroundTasks()
    dispatch = calls(CasiWorkflowDispatcher(), "dispatch", "u-1", local_task=task(ran), background_tasks=tasks)
    assert (dispatch.status, ran.threads) == ("local", [])
    calls.run(tasks)
    assert len(ran.threads) == 1


def test_a_local_task_that_blocks_does_not_block_the_event_loop() -> None:
    ran = Ran()
    asyncio.run(CasiWorkflowDispatcher().dispatch_async("u-1", local_task=ran.plain))
    assert ran.threads != [threading.main_thread()]


def test_a_call_that_waits_runs_a_coroutine_function_also_beside_a_running_loop() -> None:
    ran = Ran()

    async def main() -> None:
        assert CasiWorkflowDispatcher().dispatch("u-1", local_task=ran.coroutine).status == "local"

    asyncio.run(main())
    assert len(ran.threads) == 1


@pytest.mark.parametrize("name", ["raising", "raising_coroutine"])
def test_a_local_task_that_fails_is_a_warning_without_its_words(
    calls: Calls, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    task = getattr(Ran(), name)
    assert calls(CasiWorkflowDispatcher(), "dispatch", "u-1", local_task=task).status == "failed"
    assert caplog.messages == ["skill-sync: the local task failed: ValueError"]


def test_the_local_task_stays_away_where_the_workflow_is_configured(
    calls: Calls, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASI_WORKFLOW_URL", api.url)
    monkeypatch.setenv("CASI_WORKFLOW_API_KEY", "the-key")
    api.answers(STARTED, 202)
    ran = Ran()
    assert calls(CasiWorkflowDispatcher(), "dispatch", "u-1", local_task=ran.plain).status == "sent"
    assert ran.threads == []
