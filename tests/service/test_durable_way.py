"""The durable way: through the workflows' API, which here is a server on loopback; and what becomes of its failures."""

from typing import Any

import httpx
import pytest
from redis import Redis

from local.cloud import free_port
from tests.service.conftest import Environment, StartService
from tests.service.world import PLAIN, Service, expected
from tests.unit.client.api import CLOSE, RECORD, STARTED, Api, Reply, refusal

RESULT = expected("s-1", PLAIN)
SEARCH = {**PLAIN, "search_id": "s-1"}
DELIVERED = {"search_id": "s-1", "status": "completed", "payload": RESULT}
BUSY = Reply(503, refusal("AwsUnavailable", "The service is busy."))


def record(**fields: Any) -> dict[str, Any]:
    return {**RECORD, "workflow": "matching", **fields}


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_start_is_handed_to_the_workflow_with_the_service_s_callback_url(durable_service: Service, api: Api) -> None:
    api.replies(Reply(202, STARTED))
    answer = durable_service.start({**SEARCH, "owner": "ann"})
    assert (answer.status_code, answer.headers["location"]) == (202, "/matching/searches/s-1")
    assert answer.json() == {"search_id": "s-1", "status": "queued", "payload": None}
    (sent,) = api.requests
    assert (sent.method, sent.target) == ("POST", "/prod/workflows/matching/start")
    assert sent.json["sessionId"] == "s-1"
    assert sent.json["owner"] == "ann"
    assert sent.json["callbackUrl"] == "https://matching.example.com/matching/callbacks"
    assert sent.json["criteria"]["startDate"] == PLAIN["criteria"]["start_date"]
    assert sent.json["seeker"]["userId"] == PLAIN["seeker"]["user_id"]


def test_a_start_that_is_repeated_under_way_keeps_its_id(durable_service: Service, api: Api) -> None:
    api.replies(CLOSE, BUSY, Reply(202, STARTED))
    search_id = durable_service.started(PLAIN)
    assert {sent.json["sessionId"] for sent in api.requests} == {search_id}
    assert len(api.requests) == 3


def test_bad_input_is_refused_here_and_starts_nothing(durable_service: Service, api: Api) -> None:
    assert error_of(durable_service.start({**PLAIN, "seeker": {}})) == (422, "InvalidInput")
    assert api.requests == []


def test_what_the_workflow_alone_finds_wrong_is_422_too(durable_service: Service, api: Api) -> None:
    details = [{"field": "criteria.resort", "problem": "is closed"}]
    api.replies(Reply(400, refusal("InvalidInput", details=details)))
    answer = durable_service.start(SEARCH)
    assert error_of(answer) == (422, "InvalidInput")
    assert answer.json()["error"]["details"] == details


def test_another_input_under_the_id_is_409(durable_service: Service, api: Api) -> None:
    api.replies(Reply(409, refusal("SessionConflict")))
    assert error_of(durable_service.start(SEARCH)) == (409, "SearchConflict")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (BUSY, "it answered 503"),
        (CLOSE, "it gave no answer"),
        (Reply(403, {"message": "Forbidden"}), "it refuses this service's key or signature (403 Http403)"),
        (Reply(404, refusal("UnknownWorkflow")), "it refused with 404 UnknownWorkflow"),
        (
            Reply(400, refusal("InvalidInput", details=[{"field": "callbackUrl", "problem": "is at none"}])),
            "it delivers no results to this service's callback URL",
        ),
    ],
)
def test_a_workflow_that_cannot_be_started_is_503_with_the_reason(
    durable_service: Service, api: Api, reply: Reply, reason: str
) -> None:
    api.replies(reply)
    answer = durable_service.start(SEARCH)
    assert error_of(answer) == (503, "DurableWorkflowUnavailable")
    assert answer.json()["error"]["message"] == f"The durable workflow is not available: {reason}."
    assert "the-key" not in answer.text


def test_an_api_that_is_not_there_is_503_and_starts_nothing_else(
    durable_settings: Environment, local_settings: Environment, store: Redis, start: StartService
) -> None:
    durable_settings.setenv("MATCHING_WORKFLOW_URL", f"http://127.0.0.1:{free_port()}/prod")
    service = start()
    assert error_of(service.start(SEARCH)) == (503, "DurableWorkflowUnavailable")
    assert error_of(service.get("/matching/searches/s-1")) == (503, "DurableWorkflowUnavailable")
    assert store.keys("search:*") == []


def test_the_status_is_the_session_s(durable_service: Service, api: Api) -> None:
    api.replies(Reply(200, record(status="waiting")), Reply(200, record(status="completed", result=RESULT)))
    assert durable_service.search("s-1") == {"search_id": "s-1", "status": "waiting", "payload": None}
    assert durable_service.search("s-1") == DELIVERED


def test_a_session_of_another_workflow_is_no_search(durable_service: Service, api: Api) -> None:
    api.replies(Reply(200, RECORD), Reply(404, refusal("UnknownSession")))
    for _ in range(2):
        assert error_of(durable_service.get("/matching/searches/s-1")) == (404, "UnknownSearch")


def test_a_restarted_service_asks_for_what_was_delivered_before(
    durable_settings: Environment, api: Api, start: StartService
) -> None:
    api.replies(Reply(200, record(status="completed", result=RESULT)))
    first = start()
    assert first.deliver(DELIVERED).status_code == 200
    assert first.search("s-1") == DELIVERED
    assert api.requests == []
    assert start().search("s-1") == DELIVERED
    assert len(api.requests) == 1


@pytest.fixture
def falling_back(durable_settings: Environment, local_settings: Environment, start: StartService) -> Service:
    """A service with both ways."""
    durable_settings.setenv("MATCHING_WORKFLOW_FALLBACK_ON_ERROR", "true")
    return start()


def test_with_the_fallback_a_search_that_the_workflow_cannot_take_runs_here(falling_back: Service, api: Api) -> None:
    api.replies(CLOSE)
    assert falling_back.started(SEARCH) == "s-1"
    assert falling_back.ended("s-1") == DELIVERED


def test_a_search_that_fell_back_stays_here_once_the_workflow_is_well(falling_back: Service, api: Api) -> None:
    api.replies(CLOSE)
    falling_back.started(SEARCH)
    falling_back.ended("s-1")
    api.replies(Reply(202, STARTED))
    api.requests.clear()
    assert falling_back.start(SEARCH).json()["status"] == "completed"
    assert falling_back.search("s-1") == DELIVERED
    assert api.requests == []


@pytest.mark.parametrize(("status", "answered"), [(400, 422), (409, 409)])
def test_what_is_the_caller_s_error_never_falls_back(
    falling_back: Service, api: Api, store: Redis, status: int, answered: int
) -> None:
    api.replies(Reply(status, refusal("No")))
    assert falling_back.start(SEARCH).status_code == answered
    assert store.keys("search:*") == []


def test_with_the_fallback_what_the_workflow_can_take_goes_there(falling_back: Service, api: Api, store: Redis) -> None:
    api.replies(Reply(202, STARTED), Reply(200, record()))
    falling_back.started(SEARCH)
    assert falling_back.search("s-1")["status"] == "processing"
    assert store.keys("search:*") == []


def test_the_durable_way_needs_no_redis_also_with_the_fallback(
    durable_settings: Environment, local_settings: Environment, api: Api, start: StartService
) -> None:
    durable_settings.setenv("MATCHING_WORKFLOW_FALLBACK_ON_ERROR", "true")
    durable_settings.setenv("MATCHING_SERVICE_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    service = start()
    api.replies(Reply(202, STARTED), Reply(200, record()), Reply(404, refusal("UnknownSession")))
    service.started(SEARCH)
    assert service.search("s-1")["status"] == "processing"
    assert error_of(service.get("/matching/searches/s-2")) == (503, "StoreUnavailable")  # it may have fallen back
