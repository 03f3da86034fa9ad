"""skill-sync on the local cloud: the platform's events, by the bus, become a profile, however often they come."""

import json
import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from skill_sync.levels import history, profile
from skill_sync.models import CompletedPractice
from tests.e2e.conftest import Deployed
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

SOURCE, KIND = "snowboard-teaching", "snowboard.practice.completed"
AREAS = ("stance_and_balance", "edging", "pressure", "rotation", "timing")
DEAD = "skill-sync-events-dead-local"


@pytest.fixture
def user_id() -> str:
    return f"rider-{uuid.uuid4().hex[:12]}"


def practice(user_id: str, number: int = 1) -> dict[str, Any]:
    drill = {"drill": "garlands", "area": AREAS[number % 5], "score": (number * 37) % 101}
    practiced_at = f"2026-{1 + number % 10:02}-{1 + number % 28:02}T09:30:00Z"
    return {"user_id": user_id, "practice_id": f"p-{number}", "practiced_at": practiced_at, "drills": [drill]}


def entry(detail: Any) -> dict[str, Any]:
    return {"EventBusName": "platform-local", "Source": SOURCE, "DetailType": KIND, "Detail": json.dumps(detail)}


def put(deployed: Deployed, detail: Any) -> None:
    """Sends an event as the platform does."""
    answer = deployed.aws("events", "put-events", "--entries", json.dumps([entry(detail)]))
    assert answer["FailedEntryCount"] == 0


def profile_of(deployed: Deployed, user_id: str, practices: int) -> Any:
    """The user's profile, once it knows of so many practices."""
    eventually(lambda: (deployed.row("skill-profiles", userId=user_id) or {}).get("practices") == practices)
    return deployed.row("skill-profiles", userId=user_id)


def syncs(deployed: Deployed, user_id: str) -> list[Any]:
    """The executions that were started for a user."""
    pages = deployed.stepfunctions.get_paginator("list_executions")
    found = pages.paginate(stateMachineArn=deployed.machines["skill-sync"])
    executions = [execution for page in found for execution in page["executions"]]
    inputs = {each["executionArn"]: each for each in executions}
    told = (deployed.stepfunctions.describe_execution(executionArn=arn) for arn in inputs)
    return [each for each in told if json.loads(each["input"])["userId"] == user_id]


def test_an_event_that_comes_twice_is_synced_once(deployed: Deployed, user_id: str) -> None:
    put(deployed, practice(user_id))
    saved = profile_of(deployed, user_id, 1)
    put(deployed, practice(user_id))
    put(deployed, practice(user_id, 2))
    profile_of(deployed, user_id, 2)
    assert len(syncs(deployed, user_id)) == 2
    record = deployed.ended_record(saved["sessionId"])
    assert (record["status"], record["outcome"]) == ("completed", "published")


def test_a_burst_of_a_hundred_events_in_any_order_and_twice_settles_in_few_sessions(
    deployed: Deployed, user_id: str
) -> None:
    details = [practice(user_id, number) for number in range(100)]
    bus = boto3.client("events", **deployed.cloud.connection())
    sent = random.Random(5).sample([*details, *details[:50]], 150)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda detail: bus.put_events(Entries=[entry(detail)]), sent))  # type: ignore[list-item]
    assert all(answer["FailedEntryCount"] == 0 for answer in answers)
    saved = profile_of(deployed, user_id, 100)
    at_once = profile(history(user_id, [CompletedPractice.model_validate(detail) for detail in details]))
    assert saved["areas"] == at_once.model_dump(mode="json", by_alias=True)["areas"]
    assert len(syncs(deployed, user_id)) <= 25


def test_a_practice_that_came_by_the_bus_and_by_the_api_counts_once(deployed: Deployed, user_id: str) -> None:
    put(deployed, practice(user_id))
    profile_of(deployed, user_id, 1)
    own = {name: value for name, value in practice(user_id).items() if name != "user_id"}
    ended = deployed.run("skill-sync", {"userId": user_id, "practice": own})
    assert json.loads(ended["output"])["result"]["practices"] == 1


def test_an_event_that_cannot_be_read_is_kept_with_the_reason(deployed: Deployed, user_id: str) -> None:
    put(deployed, practice(user_id) | {"drills": []})
    sqs = boto3.client("sqs", **deployed.cloud.connection())
    url = sqs.get_queue_url(QueueName=DEAD)["QueueUrl"]
    found: list[Any] = []

    def parked() -> bool:
        answer = sqs.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        found[:] = [message for message in answer.get("Messages", []) if user_id in message["Body"]]
        return bool(found)

    eventually(parked)
    reason = found[0]["MessageAttributes"]["reason"]["StringValue"]
    assert reason.startswith("InvalidInput: detail.drills: ")
    assert deployed.row("skill-profiles", userId=user_id) is None


def test_without_its_grants_the_start_leaves_an_event_to_be_tried_again(deployed: Deployed, user_id: str) -> None:
    with deployed.without_grants("skill-sync-start-local"):
        put(deployed, practice(user_id))
        logs = boto3.client("logs", **deployed.cloud.connection())
        group = "/aws/lambda/skill-sync-start-local"
        eventually(lambda: "AccessDenied" in str(logs.filter_log_events(logGroupName=group)["events"]))
    assert deployed.row("skill-profiles", userId=user_id) is None
