"""The service, a real Redis, the vendor, and an API of workflows that answers as a test says."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import httpx
import pytest
from redis import Redis
from tenacity import AsyncRetrying

from durable_workflows import client as clients
from durable_workflows.dispatchers import get_casi_workflow_dispatcher
from local.redis_server import redis_server
from local.vendor import vendor_app
from service.app import create_app
from tests.service.world import (
    DELIVERIES_SECRET,
    VENDOR_KEY,
    WEBHOOKS_SECRET,
    Service,
    fill,
    listening,
    served,
    url_of,
)
from tests.unit.client.api import Api, running_api

Environment = pytest.MonkeyPatch
StartService = Callable[[], Service]


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def store(redis_url: str) -> Iterator[Redis]:
    """The Redis, empty but for the sample's profiles."""
    with Redis.from_url(redis_url, decode_responses=True) as client:
        fill(client)
        yield client


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment that says nothing to the service."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MATCHING_", "CASI_", "WORKFLOW_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "*")
    get_casi_workflow_dispatcher.cache_clear()
    return monkeypatch


@pytest.fixture
def vendor() -> Iterator[httpx.Client]:
    """The vendor, which answers at once; its client directs it."""
    app = vendor_app(VENDOR_KEY, lambda: WEBHOOKS_SECRET)
    with listening() as taken, served(app, taken), httpx.Client(base_url=url_of(taken), trust_env=False) as client:
        direct(client, "answer")
        yield client


def direct(vendor: httpx.Client, behaviour: str) -> None:
    """Has the vendor answer, or not, as local/vendor.py says."""
    assert vendor.put("/defaults", json={"behaviour": behaviour, "afterSeconds": 0}).status_code == 204


@pytest.fixture
def local_settings(bare: Environment, redis_url: str, store: Redis, vendor: httpx.Client) -> Environment:
    """The environment of a service that runs searches itself."""
    bare.setenv("MATCHING_SERVICE_REDIS_URL", redis_url)
    bare.setenv("MATCHING_SERVICE_VENDOR_URL", str(vendor.base_url))
    bare.setenv("MATCHING_SERVICE_VENDOR_API_KEY", VENDOR_KEY)
    bare.setenv("MATCHING_SERVICE_WEBHOOKS_SECRET", WEBHOOKS_SECRET)
    bare.setenv("MATCHING_SERVICE_REVIEW_SECONDS", "20")
    bare.setenv("MATCHING_SERVICE_PUBLIC_URL", "http://127.0.0.1:9")  # until it is started
    return bare


@pytest.fixture
def api() -> Iterator[Api]:
    """Stands for the API of the workflows."""
    with running_api() as server:
        yield server


@pytest.fixture
def durable_settings(bare: Environment, api: Api) -> Environment:
    """The environment of a service that has the durable workflow run searches; its client asks again without pauses."""

    async def at_once(_seconds: float) -> None: ...

    bare.setattr(clients, "AsyncRetrying", partial(AsyncRetrying, sleep=at_once))
    bare.setenv("MATCHING_WORKFLOW_URL", api.url)
    bare.setenv("MATCHING_WORKFLOW_API_KEY", "the-key")
    bare.setenv("MATCHING_WORKFLOW_CALLBACK_URL", "https://matching.example.com/matching/callbacks")
    bare.setenv("MATCHING_SERVICE_DELIVERIES_SECRET", DELIVERIES_SECRET)
    return bare


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[StartService]:
    """Starts services by the environment as it is then."""
    with ExitStack() as running:

        def begin() -> Service:
            taken = running.enter_context(listening())
            url = url_of(taken)
            monkeypatch.setenv("MATCHING_SERVICE_PUBLIC_URL", url)
            running.enter_context(served(create_app(), taken))
            service = Service(url)
            running.callback(service.close)
            return service

        yield begin


@pytest.fixture
def local_service(local_settings: Environment, start: StartService) -> Service:
    return start()


@pytest.fixture
def durable_service(durable_settings: Environment, start: StartService) -> Service:
    return start()
