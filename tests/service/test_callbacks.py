"""POST /matching/callbacks: results that the durable workflow delivers, signed."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from service.views import Delivered, DeliveredViews
from tests.service.conftest import Environment, StartService
from tests.service.world import DELIVERIES_SECRET, PLAIN, WEBHOOKS_SECRET, Service, expected, signed
from tests.unit.client.api import Api

RESULT = expected("s-1", PLAIN)
DELIVERED = {"search_id": "s-1", "status": "completed", "payload": RESULT}
OTHER: dict[str, Any] = {**DELIVERED, "payload": {**RESULT, "matches": []}}
TEXT = json.dumps(DELIVERED)


def test_a_delivered_result_is_told_without_asking(durable_service: Service, api: Api) -> None:
    answer = durable_service.deliver(DELIVERED)
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert durable_service.search("s-1") == DELIVERED
    assert api.requests == []


@pytest.mark.parametrize(
    ("again", "webhook_id"),
    [(DELIVERED, "msg_1"), (DELIVERED, "msg_2"), (OTHER, "msg_1"), (OTHER, "msg_2")],
    ids=["the same webhook", "the same body", "the same id", "another result"],
)
def test_a_further_delivery_is_taken_and_changes_nothing(
    durable_service: Service, again: dict[str, Any], webhook_id: str
) -> None:
    durable_service.deliver(DELIVERED, "msg_1")
    assert durable_service.deliver(again, webhook_id).status_code == 200
    assert durable_service.search("s-1") == DELIVERED


def good(**changes: str) -> dict[str, str]:
    """The headers of the result, rightly signed just now, with these changed after that."""
    return signed(TEXT, DELIVERIES_SECRET) | {f"webhook-{name}": value for name, value in changes.items()}


@pytest.mark.parametrize(
    "sent",
    [
        lambda: signed(TEXT, WEBHOOKS_SECRET),
        lambda: signed(TEXT, DELIVERIES_SECRET, age=timedelta(minutes=6)),
        lambda: signed(TEXT, DELIVERIES_SECRET, age=timedelta(minutes=-6)),
        lambda: signed(TEXT + " ", DELIVERIES_SECRET),
        lambda: good(id="msg_2"),
        lambda: good(signature="nonsense"),
        lambda: good(signature="v1,not base64"),
        lambda: good(signature="v1,é"),
        lambda: good(timestamp="nan"),
        lambda: {"content-type": "application/json"},
    ],
    ids=["forged", "old", "early", "altered", "other id", "one word", "no base64", "no ASCII", "no time", "unsigned"],
)
def test_what_is_not_rightly_signed_is_401(durable_service: Service, sent: Callable[[], dict[str, str]]) -> None:
    raw = {name.encode(): value.encode() for name, value in sent().items()}
    answer = durable_service.post("/matching/callbacks", TEXT, raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "NotSigned")


def test_a_body_that_is_no_text_is_401(durable_service: Service) -> None:
    answer = durable_service.post("/matching/callbacks", b"\xff\xfe", good())
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("no JSON", "body"),
        ("[]", "body"),
        ({**DELIVERED, "search_id": "no id"}, "search_id"),
        ({**DELIVERED, "status": "processing"}, "status"),
        ({**DELIVERED, "payload": None}, "payload"),
        ({**DELIVERED, "payload": {**RESULT, "matches": 1}}, "matches"),
    ],
)
def test_what_is_signed_and_no_result_is_422(durable_service: Service, body: Any, field: str) -> None:
    answer = durable_service.deliver(body)
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]


def test_a_body_that_no_workflow_sends_is_too_large(durable_service: Service) -> None:
    answer = durable_service.deliver(" " * 300_000)
    assert answer.status_code == 413


def test_a_service_that_went_back_to_the_local_way_still_takes_results(
    local_settings: Environment, start: StartService
) -> None:
    local_settings.setenv("MATCHING_SERVICE_DELIVERIES_SECRET", DELIVERIES_SECRET)
    service = start()
    assert service.deliver(DELIVERED).status_code == 200
    assert service.search("s-1") == DELIVERED


def test_without_the_secret_a_result_is_asked_to_come_again(local_service: Service) -> None:
    answer = local_service.deliver(DELIVERED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "NotConfigured")


def test_a_service_without_the_local_way_takes_no_reviews(durable_service: Service) -> None:
    assert durable_service.review("s-1", "{}").status_code == 404


def test_the_oldest_results_are_forgotten_first() -> None:
    views = DeliveredViews(most=2)
    for number in (1, 2, 1, 3):
        views.keep(Delivered.model_validate({**DELIVERED, "search_id": f"s-{number}"}))
    assert views.get("s-1") is None
    assert views.get("s-2") is not None
    assert views.get("s-3") is not None
