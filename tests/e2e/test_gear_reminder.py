"""gear-reminder on the local cloud: sent when it is due, moved, cancelled, and going on in further executions."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.inputs import sample_of
from tests.e2e.conftest import Deployed
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

YEARS_AHEAD = "2029-11-21T09:00:00Z"


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def start(deployed: Deployed, session_id: str, **fields: Any) -> None:
    status, answer = deployed.call("POST", "/workflows/gear-reminder/start", reminder(session_id, **fields))
    assert status == 202, answer


def reminder(session_id: str, **fields: Any) -> dict[str, Any]:
    return sample_of("gear-reminder") | {"sessionId": session_id, "timeZone": "UTC", **fields}


def signal(deployed: Deployed, session_id: str, name: str, **payload: Any) -> int:
    return deployed.call("POST", f"/sessions/{session_id}/signals/{name}", {"payload": payload})[0]


def sent(deployed: Deployed, session_id: str, count: int) -> list[str]:
    """What members were sent about the session, once there are so many."""
    return [letter.text for letter in deployed.letters(session_id, count)]


def test_it_is_sent_once_when_it_is_due(deployed: Deployed, session_id: str) -> None:
    start(deployed, session_id, scheduledAt=in_seconds(2))
    record = deployed.ended_record(session_id)
    assert (record["status"], record["outcome"]) == ("completed", "sent")
    assert len(sent(deployed, session_id, 1)) == 1


def test_moved_from_years_ahead_to_a_moment_ahead_it_is_sent_then(deployed: Deployed, session_id: str) -> None:
    start(deployed, session_id, scheduledAt=YEARS_AHEAD)
    deployed.waiting(session_id)
    assert signal(deployed, session_id, "move", scheduledAt="2020-01-01T00:00:00Z") == 400
    assert signal(deployed, session_id, "move", scheduledAt=in_seconds(2)) == 202
    record = deployed.ended_record(session_id)
    assert (record["outcome"], record["attempt"]) == ("sent", 2)
    assert record["executionArn"].endswith(f":{session_id}-2")
    assert len(sent(deployed, session_id, 1)) == 1


def test_cancelled_it_is_never_sent(deployed: Deployed, session_id: str) -> None:
    start(deployed, session_id, scheduledAt=in_seconds(60))
    deployed.waiting(session_id)
    assert signal(deployed, session_id, "cancel") == 202
    record = deployed.ended_record(session_id)
    assert (record["status"], record["outcome"]) == ("cancelled", "cancelled")
    assert signal(deployed, session_id, "cancel") == 409
    assert deployed.call("GET", f"/sessions/{session_id}")[1]["result"]["sentAt"] is None


def test_a_wait_longer_than_an_execution_may_last_goes_on_in_the_next_one(deployed: Deployed, session_id: str) -> None:
    with deployed.setting("gear-reminder-schedule-reminder-local", "LONGEST_WAIT_SECONDS", "2"):
        start(deployed, session_id, scheduledAt=in_seconds(5))
        record = deployed.ended_record(session_id)
    assert record["outcome"] == "sent"
    assert record["attempt"] >= 2
    assert len(sent(deployed, session_id, 1)) == 1


def test_a_recurring_one_waits_for_its_next_day_until_it_is_cancelled(deployed: Deployed, session_id: str) -> None:
    until = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    start(deployed, session_id, scheduledAt=in_seconds(2), repeat={"everyDays": 7, "until": until})
    eventually(lambda: (deployed.record(session_id) or {}).get("attempt") == 2)
    deployed.waiting(session_id)
    assert signal(deployed, session_id, "cancel") == 202
    assert deployed.ended_record(session_id)["status"] == "cancelled"
    assert len(sent(deployed, session_id, 1)) == 1
    assert deployed.call("GET", f"/sessions/{session_id}")[1]["result"]["sent"] == 1


def test_a_time_in_the_past_is_refused_and_leaves_nothing_behind(deployed: Deployed, session_id: str) -> None:
    past = reminder(session_id, scheduledAt="2020-01-01T00:00:00Z")
    status, answer = deployed.call("POST", "/workflows/gear-reminder/start", past)
    assert (status, answer["error"]["details"]) == (400, [{"field": "scheduledAt", "problem": "is in the past"}])
    assert deployed.record(session_id) is None
    ended = deployed.run("gear-reminder", past)
    assert (ended["error"], json.loads(ended["cause"])["errorMessage"]) == (
        "InvalidInput",
        "scheduledAt: is in the past",
    )
