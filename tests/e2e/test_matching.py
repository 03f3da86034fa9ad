"""Searches in the deployed app: reviewed by the vendor's webhook, delivered to a receiver, parked and redriven."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import boto3
import pytest
from rich.console import Console

from local.receiver import Receiver, receiver_of
from local.redrive import redrive
from local.surroundings import vendor_url
from tests.e2e.conftest import Deployed
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

SEEKER = {"user_id": "rider-001", "level": 1, "languages": ["en", "ko"], "disciplines": ["carving"]}
BUDDY = {"resort": "whistler", "start_date": "2027-01-10", "end_date": "2027-01-16", "kind": "buddy"}
COACH = {**BUDDY, "kind": "coach", "certified_only": True}
DEAD, DELIVERIES = (f"arn:aws:sqs:us-east-1:000000000000:{name}-local" for name in ("deliveries-dead", "deliveries"))


@pytest.fixture
def receiver(deployed: Deployed) -> Iterator[Receiver]:
    with receiver_of(deployed.cloud) as receiver:
        yield receiver


def search(search_id: str, criteria: Any = BUDDY, **fields: Any) -> dict[str, Any]:
    return {"search_id": search_id, "seeker": SEEKER, "criteria": criteria, **fields}


def plan(deployed: Deployed, search_id: str, behaviour: str, after_seconds: float = 0) -> None:
    """Tells the vendor how to answer a search, which it may be asked about already."""
    body = json.dumps({"behaviour": behaviour, "afterSeconds": after_seconds})
    assert deployed.request("PUT", f"{vendor_url(deployed.cloud)}/requests/{search_id}", body).status == 204


def answers(deployed: Deployed, search_id: str) -> Any:
    """The statuses that the vendor's answers got."""
    return deployed.request("GET", f"{vendor_url(deployed.cloud)}/requests/{search_id}").json()["answers"]


def completed(deployed: Deployed, search_id: str) -> Any:
    """The search as the API shows it, once it has ended."""
    deployed.ended_record(search_id)
    status, shown = deployed.call("GET", f"/sessions/{search_id}")
    assert (status, shown["status"]) == (200, "completed")
    return shown


def comes_to(deployed: Deployed, search_id: str, delivery: str) -> None:
    """Waits until the ended search's record says so of the delivery."""
    deployed.ended_record(search_id)
    eventually(lambda: deployed.record(search_id).get("delivery") == delivery)


@contextmanager
def short_waits(deployed: Deployed) -> Iterator[None]:
    """Within it, the vendor has a second or two, and a delivery one retry."""
    with ExitStack() as changes:
        changes.enter_context(deployed.setting("matching-open-search-local", "REVIEW_SECONDS", "1"))
        changes.enter_context(deployed.definition("matching", "reviewSeconds + 30", "reviewSeconds + 1"))
        changes.enter_context(deployed.definition("matching", '"IntervalSeconds": 5', '"IntervalSeconds": 1'))
        changes.enter_context(deployed.definition("matching", '"MaxAttempts": 7', '"MaxAttempts": 1'))
        yield


def test_a_search_waits_for_the_vendor_is_reviewed_and_delivered_signed(
    deployed: Deployed, session_id: str, receiver: Receiver
) -> None:
    plan(deployed, session_id, "silent")
    status, started = deployed.call(
        "POST", "/workflows/matching/start", search(session_id, COACH, callback_url=receiver.url)
    )
    assert (status, started["sessionId"]) == (202, session_id)
    waiting = deployed.waiting(session_id)
    assert (waiting["waitingFor"]["kind"], waiting["waitingFor"]["step"]) == ("webhook", "RequestVendorReview")
    plan(deployed, session_id, "answer")
    shown = completed(deployed, session_id)
    assert (shown["outcome"], shown["result"]["review"]) == ("matched", "reviewed")
    assert receiver.wait()
    assert [delivered.body for delivered in receiver.received] == [
        {"search_id": session_id, "status": "completed", "payload": shown["result"]}
    ]
    comes_to(deployed, session_id, "delivered")
    assert answers(deployed, session_id) == [200]
    assert receiver.rejected == 0


def test_a_search_without_a_callback_url_ends_with_its_result(deployed: Deployed, session_id: str) -> None:
    execution = deployed.run("matching", search(session_id))
    assert execution["status"] == "SUCCEEDED"
    shown = completed(deployed, session_id)
    assert "delivery" not in shown
    assert shown["result"]["review"] == "not_needed"
    assert json.loads(execution["output"])["result"] == shown["result"]


@pytest.mark.parametrize(("behaviour", "statuses"), [("silent", []), ("forged", [401]), ("malformed", [200])], ids=str)
def test_what_is_no_review_leaves_the_matches_unreviewed(
    deployed: Deployed, session_id: str, behaviour: str, statuses: list[int]
) -> None:
    plan(deployed, session_id, behaviour)
    with short_waits(deployed):
        deployed.start("matching", search(session_id, COACH))
        shown = completed(deployed, session_id)
    assert (shown["outcome"], shown["result"]["review"]) == ("unreviewed", "unreviewed")
    assert shown["result"]["matches"]
    assert answers(deployed, session_id) == statuses


def test_a_vendor_that_answers_twice_is_told_the_same_and_the_result_is_delivered_once(
    deployed: Deployed, session_id: str, receiver: Receiver
) -> None:
    plan(deployed, session_id, "twice")
    deployed.start("matching", search(session_id, COACH, callback_url=receiver.url))
    comes_to(deployed, session_id, "delivered")
    eventually(lambda: answers(deployed, session_id) == [200, 200])
    assert len(receiver.received) == 1


def test_a_search_that_was_cancelled_takes_no_review(deployed: Deployed, session_id: str) -> None:
    plan(deployed, session_id, "silent")
    deployed.start("matching", search(session_id, COACH))
    deployed.waiting(session_id)
    assert deployed.call("POST", f"/sessions/{session_id}/cancel")[0] == 202
    assert deployed.ended_record(session_id)["status"] == "cancelled"
    plan(deployed, session_id, "answer")
    eventually(lambda: answers(deployed, session_id) == [410])


def test_a_receiver_that_is_down_has_its_result_parked_redriven_by_the_cli_and_received_once(
    deployed: Deployed, session_id: str, receiver: Receiver
) -> None:
    receiver.status = 503
    with short_waits(deployed):
        deployed.start("matching", search(session_id, callback_url=receiver.url))
        comes_to(deployed, session_id, "failed")
    shown = completed(deployed, session_id)
    assert shown["steps"]["DeliverResult"]["attempt"] == 2
    assert receiver.received == []
    receiver.status = 200
    endpoint = deployed.cloud.connection()["endpoint_url"]
    moving = ("--source-arn", DEAD, "--destination-arn", DELIVERIES, "--endpoint-url", endpoint)
    assert deployed.aws("sqs", "start-message-move-task", *moving)["TaskHandle"]
    assert receiver.wait()
    comes_to(deployed, session_id, "delivered")
    assert [delivered.body["payload"] for delivered in receiver.received] == [shown["result"]]


def test_make_redrive_deliveries_says_what_became_of_them(
    deployed: Deployed, session_id: str, receiver: Receiver
) -> None:
    receiver.status = 410
    deployed.start("matching", search(session_id, callback_url=receiver.url))
    comes_to(deployed, session_id, "failed")
    receiver.status = 200
    console = Console(record=True, width=200)
    redrive(deployed.cloud, console)
    assert "1 parked, 1 delivered now, 0 parked again" in console.export_text()
    comes_to(deployed, session_id, "delivered")
    assert len(receiver.received) == 1
    redrive(deployed.cloud, console)
    assert "No delivery is parked" in console.export_text()


def test_a_host_that_is_not_on_the_list_is_refused_by_field_before_anything_is_searched(
    deployed: Deployed, session_id: str
) -> None:
    deployed.run("matching", search(session_id, callback_url="https://evil.example.com/"))
    record = deployed.ended_record(session_id)
    assert (record["status"], record["error"]["type"]) == ("failed", "InvalidInput")
    assert record["error"]["message"].startswith("callbackUrl: ")
    assert list(record["steps"]) == ["OpenSearch"]


@pytest.mark.parametrize(
    "step", ["open-search", "find-candidates", "request-vendor-review", "rank-matches", "save-matches"]
)
def test_a_step_without_its_grants_is_denied(deployed: Deployed, session_id: str, step: str) -> None:
    with deployed.without_grants(f"matching-{step}-local"):
        execution = deployed.run("matching", search(session_id, COACH))
        record = deployed.ended_record(session_id)
    assert (execution["status"], execution["error"]) == ("FAILED", "AccessDenied")
    assert (record["status"], record["error"]["type"]) == ("failed", "AccessDenied")


def test_a_delivery_without_its_grants_is_parked(deployed: Deployed, session_id: str, receiver: Receiver) -> None:
    with deployed.without_grants("matching-deliver-result-local"):
        deployed.start("matching", search(session_id, callback_url=receiver.url))
        comes_to(deployed, session_id, "failed")
    redrive(deployed.cloud, Console(quiet=True))
    assert len(receiver.received) == 1


def test_a_result_is_not_parked_without_the_grants_for_it(
    deployed: Deployed, session_id: str, receiver: Receiver
) -> None:
    receiver.status = 410
    with deployed.without_grants("matching-park-delivery-local"):
        execution = deployed.run("matching", search(session_id, callback_url=receiver.url))
    assert (execution["status"], execution["error"]) == ("FAILED", "AccessDenied")
    assert deployed.record(session_id)["status"] == "completed"


def test_no_log_holds_a_callback_url_or_a_signature(deployed: Deployed, session_id: str, receiver: Receiver) -> None:
    logs = boto3.client("logs", **deployed.cloud.connection())
    secret_path = f"{receiver.url}?key=do-not-log-{session_id}"
    deployed.start("matching", search(session_id, callback_url=secret_path))
    comes_to(deployed, session_id, "delivered")
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        assert not [event for event in events if "do-not-log" in event["message"]]
