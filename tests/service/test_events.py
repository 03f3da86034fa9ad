"""POST /events: which of the platform's events are dispatched, and to what."""

import logging
from typing import Any

import pytest

from local.cloud import free_port
from tests.service.conftest import Environment, StartService
from tests.service.test_settings import problems
from tests.service.world import Service
from tests.support.waiting import eventually
from tests.unit.client.api import STARTED, Api, Reply

PRACTICE: dict[str, Any] = {
    "user_id": "u-1",
    "practice_id": "p-1",
    "practiced_at": "2026-01-21T18:30:00+09:00",
    "drills": [{"drill": "garlands", "area": "edging", "score": 72.5}],
    "weather": "snow",
}
EVENT: dict[str, Any] = {
    "source_project": "snowboard-teaching",
    "event_type": "snowboard.practice.completed",
    "data": PRACTICE,
}


@pytest.fixture
def service(durable_settings: Environment, api: Api, start: StartService) -> Service:
    """A service whose events go to the API."""
    durable_settings.setenv("CASI_WORKFLOW_URL", api.url)
    durable_settings.setenv("CASI_WORKFLOW_API_KEY", "the-key")
    return start()


def test_a_completed_practice_is_dispatched(service: Service, api: Api) -> None:
    api.replies(Reply(202, STARTED))
    answer = service.post_json("/events", EVENT)
    assert answer.status_code == 202
    assert answer.json() == {"dispatched": True, "session_id": "practice-p-1"}
    eventually(lambda: bool(api.requests))
    (sent,) = api.requests
    assert sent.target == "/prod/workflows/skill-sync/start"
    assert sent.json == {
        "sessionId": "practice-p-1",
        "owner": "u-1",
        "userId": "u-1",
        "practice": {
            "practiceId": "p-1",
            "practicedAt": "2026-01-21T09:30:00Z",
            "drills": [{"drill": "garlands", "area": "edging", "score": 72.5}],
        },
    }


def test_a_repeated_event_is_the_same_start(service: Service, api: Api) -> None:
    api.replies(Reply(202, STARTED))
    for _ in range(2):
        service.post_json("/events", EVENT)
    eventually(lambda: len(api.requests) == 2)
    assert len({sent.body for sent in api.requests}) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"source_project": "ski-teaching"},
        {"event_type": "snowboard.practice.started"},
        {"event_type": "snowboard.lesson.booked", "data": {}},
    ],
)
def test_other_events_are_taken_and_not_dispatched(service: Service, api: Api, other: dict[str, Any]) -> None:
    answer = service.post_json("/events", {**EVENT, **other})
    assert (answer.status_code, answer.json()) == (202, {"dispatched": False, "session_id": None})
    assert api.requests == []


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ({**EVENT, "data": {**PRACTICE, "user_id": None, "practiced_at": "today"}}, {"user_id", "practiced_at"}),
        ({**EVENT, "data": {**PRACTICE, "drills": []}}, {"drills"}),
    ],
)
def test_a_practice_that_cannot_be_read_is_422_and_names_the_fields(
    service: Service, api: Api, event: dict[str, Any], fields: set[str]
) -> None:
    answer = service.post_json("/events", event)
    assert answer.status_code == 422
    assert {detail["field"] for detail in answer.json()["error"]["details"]} == {f"data.{field}" for field in fields}
    assert api.requests == []


def test_what_is_no_event_is_422(service: Service) -> None:
    answer = service.post_json("/events", {"data": PRACTICE})
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == ["source_project", "event_type"]


def test_without_the_workflow_the_local_task_says_what_is_not_synced(
    durable_settings: Environment, start: StartService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "service")
    answer = start().post_json("/events", EVENT)
    assert (answer.status_code, answer.json()) == (202, {"dispatched": False, "session_id": None})
    eventually(lambda: "practice p-1 is not synced: no CASI_WORKFLOW_URL is set" in caplog.text)


def test_an_api_that_is_away_does_not_fail_the_event(
    durable_settings: Environment, start: StartService, caplog: pytest.LogCaptureFixture
) -> None:
    durable_settings.setenv("CASI_WORKFLOW_URL", f"http://127.0.0.1:{free_port()}")
    durable_settings.setenv("CASI_WORKFLOW_API_KEY", "the-key")
    assert start().post_json("/events", EVENT).status_code == 202
    eventually(lambda: "session practice-p-1 was not told" in caplog.text)


def test_a_half_set_dispatcher_is_named_at_start(durable_settings: Environment) -> None:
    durable_settings.setenv("CASI_WORKFLOW_URL", "https://api.example.com/prod")
    assert list(problems()) == ["CASI_WORKFLOW_API_KEY"]
