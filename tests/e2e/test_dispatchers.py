"""The dispatchers against the deployed app: what services call, right after one another, reaches the workflows."""

import asyncio
import uuid
from contextlib import closing
from typing import Any

import pytest

from durable_workflows import WorkflowSettings
from durable_workflows.dispatchers import (
    CasiWorkflowDispatcher,
    CourseRecommendationWorkflowDispatcher,
    GearReminderWorkflowDispatcher,
    TripBuddyWorkflowDispatcher,
)
from local.inputs import sample_of
from tests.e2e.conftest import Deployed

pytestmark = pytest.mark.xdist_group("e2e")


@pytest.fixture
def settings(deployed: Deployed) -> WorkflowSettings:
    return WorkflowSettings(url=deployed.api.url, api_key=deployed.api.key)


@pytest.fixture
def own() -> str:
    """An id of the caller's own."""
    return uuid.uuid4().hex[:12]


TRIP: Any = {
    "trip_id": "t-1",
    "trip_title": "Powder week",
    "owner_id": "u-2",
    "requester_id": "u-1",
    "start_date": "2030-01-10",
    "end_date": "2030-01-17",
    "message": "May I come along?",
}


def test_a_practice_is_synced_once(deployed: Deployed, settings: WorkflowSettings, own: str) -> None:
    practice: Any = {
        "practice_id": own,
        "practiced_at": "2026-11-20T09:30:00Z",
        "drills": [{"drill": "garlands", "area": "edging", "score": 72}],
    }
    with closing(CasiWorkflowDispatcher(settings)) as casi:
        sent = [casi.dispatch(f"u-{own}", practice=practice) for _ in range(2)]
    assert [each.status for each in sent] == ["sent", "sent"]
    assert sent[0].session_id == sent[1].session_id == f"practice-{own}"
    assert deployed.ended_record(f"practice-{own}")["outcome"] == "published"
    assert deployed.row("skill-profiles", userId=f"u-{own}")["practices"] == 1


def test_a_request_is_created_updated_and_cancelled_without_a_pause(
    deployed: Deployed, settings: WorkflowSettings, own: str
) -> None:
    with closing(TripBuddyWorkflowDispatcher(settings)) as trips:
        told = [
            trips.notify_request_created(own, **TRIP),
            trips.notify_request_updated(own, end_date="2030-01-18"),
            trips.notify_request_updated(own, end_date="2030-01-19"),
            trips.notify_request_cancelled(own),
        ]
        assert [each.status for each in told] == ["sent"] * 4
        record = deployed.ended_record(f"trip-{own}")
        assert (record["status"], record["outcome"]) == ("cancelled", "cancelled")
        assert deployed.call("GET", f"/sessions/trip-{own}")[1]["result"]["endDate"] == "2030-01-19"
        assert trips.notify_request_cancelled(own).status == "ended"


def test_a_review_is_submitted_sent_again_and_moderated(
    deployed: Deployed, settings: WorkflowSettings, own: str
) -> None:
    with closing(CourseRecommendationWorkflowDispatcher(settings)) as courses:
        review: Any = sample_of("course-review") | {"user_id": f"u-{own}"}
        assert courses.notify_submitted(own, **review).status == "sent"
        assert courses.notify_moderated(own, "request_changes", by="mod", reason="Name the season.").status == "sent"
        assert courses.notify_resubmitted(own, text="In spring, as soon as the sun is on it.").status == "sent"
        assert courses.notify_moderated(own, "approve", by="mod").status == "sent"
        assert deployed.ended_record(f"review-{own}")["outcome"] == "published"


def test_a_reminder_is_scheduled_moved_and_cancelled_also_where_that_is_awaited(
    deployed: Deployed, settings: WorkflowSettings, own: str
) -> None:
    with closing(GearReminderWorkflowDispatcher(settings)) as gear:
        reminder = gear.schedule("u-1", "Board", "wax", "Wax the board.", "2030-01-09T18:00:00+09:00", reminder_id=own)
        assert (reminder.id, reminder.status) == (own, "sent")

        async def moved_and_cancelled() -> list[str]:
            moved = await gear.move_async(own, "2030-01-10T09:00:00Z")
            cancelled = await gear.cancel_async(own)
            await gear.close_async()
            return [moved.status, cancelled.status]

        assert asyncio.run(moved_and_cancelled()) == ["sent", "sent"]
        assert deployed.ended_record(f"gear-{own}")["status"] == "cancelled"


def test_a_wrong_key_is_told_and_raises_nothing(deployed: Deployed, own: str) -> None:
    wrong = WorkflowSettings(url=deployed.api.url, api_key="x" * 40)
    with closing(TripBuddyWorkflowDispatcher(wrong)) as trips:
        assert trips.notify_request_created(own, **TRIP).status == "failed"
    assert deployed.record(f"trip-{own}") is None
