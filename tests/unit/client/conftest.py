"""Both clients under one hand, an API for them to talk to, and an environment that holds nothing of the machine's."""

import asyncio
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tenacity import AsyncRetrying, Retrying

from durable_workflows import AsyncWorkflowClient, WorkflowClient, WorkflowSettings
from durable_workflows import client as clients
from durable_workflows.dispatchers import base
from tests.unit.client.api import Api, running_api
from tests.unit.client.dispatching import Calls


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_") or "WORKFLOW_" in name:
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(base, "_said", set())


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS credentials with a session token, and a region."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture
def api() -> Iterator[Api]:
    with running_api() as server:
        yield server


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were asked for, none of which was made."""
    asked: list[float] = []

    async def pause(seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr(clients, "Retrying", partial(Retrying, sleep=asked.append))
    monkeypatch.setattr(clients, "AsyncRetrying", partial(AsyncRetrying, sleep=pause))
    return asked


class Driver:
    """A client's methods, called the same way for either: `driver.get("s-1")`."""

    def __init__(self, client: WorkflowClient | AsyncWorkflowClient, run: Callable[[Any], Any]) -> None:
        self.client, self._run = client, run

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._run(getattr(self.client, name)(*args, **kwargs))


Make = Callable[[WorkflowSettings], Driver]


@pytest.fixture(params=["sync", "async"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a client, closed in the end."""
    made: list[Driver] = []
    with asyncio.Runner() as runner:

        def of(settings: WorkflowSettings) -> Driver:
            if request.param == "sync":
                driver = Driver(WorkflowClient(settings), lambda value: value)
            else:
                driver = Driver(AsyncWorkflowClient(settings), runner.run)
            made.append(driver)
            return driver

        yield of
        for driver in made:
            driver.close()


@pytest.fixture
def client(make: Make, api: Api, pauses: list[float]) -> Driver:
    """A client with an API key, for the API on loopback."""
    return make(WorkflowSettings(url=api.url, api_key="the-key", timeout_seconds=5))


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def calls(request: pytest.FixtureRequest) -> Iterator[Calls]:
    """Makes dispatchers' calls."""
    with asyncio.Runner() as runner:
        made = Calls(request.param, runner)
        yield made
        made.close()
