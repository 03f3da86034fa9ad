"""The service in front of the deployed app, over both ways: the same API and the same results."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from durable_workflows.dispatchers import get_casi_workflow_dispatcher
from local.compare.ways import Way, durable, local
from local.redis_server import redis_server
from local.surroundings import vendor_url
from service.app import create_app
from tests.e2e.conftest import Deployed
from tests.service.world import PLAIN, REVIEWED, Service, listening, served, url_of
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

Serve = Callable[[Callable[[str], Way]], AbstractContextManager[Service]]


@pytest.fixture
def serve() -> Serve:
    """Runs the service in the way that its own URL is given to."""

    @contextmanager
    def running(way_at: Callable[[str], Way]) -> Iterator[Service]:
        with listening() as taken, pytest.MonkeyPatch.context() as environment:
            for name in [name for name in os.environ if name.startswith(("MATCHING_", "CASI_", "WORKFLOW_"))]:
                environment.delenv(name)
            get_casi_workflow_dispatcher.cache_clear()
            for name, value in way_at(url_of(taken)).environment.items():
                environment.setenv(name, value)
            with served(create_app(), taken):
                service = Service(url_of(taken))
                yield service
                service.close()

    return running


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    with redis_server(tmp_path) as url:
        yield url


def plan(deployed: Deployed, search_id: str, behaviour: str) -> None:
    """How the vendor answers a search, which may wait for it already."""
    url = f"{vendor_url(deployed.cloud)}/requests/{search_id}"
    assert deployed.request("PUT", url, f'{{"behaviour": "{behaviour}", "afterSeconds": 0}}').status == 204


def completed(service: Service, search_id: str) -> Any:
    eventually(lambda: service.search(search_id)["status"] == "completed")
    return service.search(search_id)["payload"]


@pytest.mark.parametrize("raw", [PLAIN, REVIEWED], ids=["at once", "reviewed"])
def test_both_ways_have_the_same_result(
    deployed: Deployed, serve: Serve, session_id: str, redis_url: str, raw: dict[str, Any]
) -> None:
    results = []
    ways: list[Callable[[str], Way]] = [
        lambda url: durable(deployed.cloud, url),
        lambda url: local(deployed.cloud, url, redis_url),
    ]
    plan(deployed, session_id, "answer")
    for way in ways:
        with serve(way) as service:
            assert service.started({**raw, "search_id": session_id}) == session_id
            results.append(completed(service, session_id))
    assert results[0] == results[1]
    assert results[0]["review"] == ("reviewed" if raw is REVIEWED else "not_needed")
    assert results[0]["matches"]


def test_a_durable_search_outlives_the_service_and_a_local_one_does_not(
    deployed: Deployed, serve: Serve, session_id: str, redis_url: str
) -> None:
    lost = f"{session_id}-lost"
    for search_id in (session_id, lost):
        plan(deployed, search_id, "silent")
    with serve(lambda url: durable(deployed.cloud, url)) as service:
        service.started({**REVIEWED, "search_id": session_id})
        deployed.waiting(session_id)
    with serve(lambda url: local(deployed.cloud, url, redis_url)) as service:
        service.started({**REVIEWED, "search_id": lost})
    plan(deployed, session_id, "answer")
    with serve(lambda url: durable(deployed.cloud, url)) as service:
        assert completed(service, session_id)["review"] == "reviewed"
    with serve(lambda url: local(deployed.cloud, url, redis_url)) as service:
        assert service.search(lost)["status"] == "processing"


def test_what_is_delivered_to_the_service_is_told_without_the_api(
    deployed: Deployed, serve: Serve, session_id: str
) -> None:
    with serve(lambda url: durable(deployed.cloud, url)) as service:
        service.started({**PLAIN, "search_id": session_id})
        eventually(lambda: (deployed.record(session_id) or {}).get("delivery") == "delivered")
        row = {"sessionId": {"S": session_id}}
        deployed.dynamodb.delete_item(TableName="sessions-local", Key=row)
        assert service.search(session_id)["status"] == "completed"


def test_a_wrong_key_is_503_with_the_reason_and_no_key(deployed: Deployed, serve: Serve, session_id: str) -> None:
    def mistaken(url: str) -> Way:
        way = durable(deployed.cloud, url)
        return Way(way.name, {**way.environment, "MATCHING_WORKFLOW_API_KEY": "not-the-key"})

    with serve(mistaken) as service:
        answer = service.start({**PLAIN, "search_id": session_id})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "DurableWorkflowUnavailable")
    assert "key or signature" in answer.json()["error"]["message"]
    assert "not-the-key" not in answer.text
    assert deployed.record(session_id) is None


def test_a_practice_that_the_service_is_told_of_is_synced(
    deployed: Deployed, serve: Serve, session_id: str, redis_url: str
) -> None:
    def syncing(url: str) -> Way:
        casi = {"CASI_WORKFLOW_URL": deployed.api.url, "CASI_WORKFLOW_API_KEY": deployed.api.key}
        way = local(deployed.cloud, url, redis_url)
        return Way(way.name, {**way.environment, **casi})

    drill = {"drill": "garlands", "area": "edging", "score": 72}
    data = {"user_id": session_id, "practice_id": session_id, "practiced_at": "2026-11-20T09:30:00Z", "drills": [drill]}
    event = {"source_project": "snowboard-teaching", "event_type": "snowboard.practice.completed", "data": data}
    with serve(syncing) as service:
        assert service.post_json("/events", {**event, "source_project": "ski-teaching"}).json()["dispatched"] is False
        answer = service.post_json("/events", event).json()
        assert answer == {"dispatched": True, "session_id": f"practice-{session_id}"}
        record = deployed.ended_record(answer["session_id"])
    assert (record["workflow"], record["outcome"]) == ("skill-sync", "published")
    assert deployed.row("skill-profiles", userId=session_id)["practices"] == 1
