"""Dispatchers that are configured: what they send, how long they insist, and that nothing they meet is raised."""

import asyncio
import json
import logging
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from fastapi import BackgroundTasks

import course_review.models
import gear_reminder.models
import trip_request.models
from core.executions import session_id_of as id_of_the_workflows
from core.models import Input, validated
from course_review.models import CourseReviewInput
from durable_workflows.dispatchers import (
    CasiWorkflowDispatcher,
    CourseRecommendationWorkflowDispatcher,
    Dispatch,
    GearReminderWorkflowDispatcher,
    TripBuddyWorkflowDispatcher,
)
from durable_workflows.dispatchers.base import SIGNAL_SECONDS, Dispatcher, session_id_of
from durable_workflows.retrying import LONGEST_WINDOW, NOT_THERE_SECONDS
from durable_workflows.settings import WorkflowSettings
from gear_reminder.models import GearReminderInput
from local.cloud import free_port
from skill_sync.models import SkillSyncInput
from tests.unit.client.api import CLOSE, RECORD, STARTED, Api, Reply, refusal
from tests.unit.client.dispatching import DISPATCHERS, PRACTICE, REMINDER, REVIEW, TRIP, Calls
from trip_request.models import TripRequestInput

NOTHING_WAITS = Reply(409, refusal("NothingWaits", "The session is processing and waits for no answer."))
OPEN = Reply(200, RECORD)
ANSWERED = Reply(202, {"sessionId": "trip-r-1", "callbackId": "c-1", "status": "decided"})


@pytest.fixture
def settings(api: Api, pauses: list[float]) -> WorkflowSettings:
    return WorkflowSettings(url=api.url, api_key="the-key", timeout_seconds=5)


@pytest.fixture
def trips(settings: WorkflowSettings) -> TripBuddyWorkflowDispatcher:
    return TripBuddyWorkflowDispatcher(settings)


def camel(fields: dict[str, Any]) -> dict[str, Any]:
    words = {name: name.split("_") for name in fields}
    return {first + "".join(word.title() for word in more): fields[name] for name, (first, *more) in words.items()}


CALLS: list[tuple[type[Dispatcher], str, tuple[Any, ...], dict[str, Any], str, dict[str, Any]]] = [
    (
        CasiWorkflowDispatcher,
        "dispatch",
        ("u-1",),
        {"practice": PRACTICE},
        "workflows/skill-sync/start",
        {"sessionId": "practice-p-1", "owner": "u-1", "userId": "u-1", "practice": camel(PRACTICE)},
    ),
    (
        TripBuddyWorkflowDispatcher,
        "notify_request_created",
        ("r-1",),
        TRIP,
        "workflows/trip-request/start",
        {"sessionId": "trip-r-1", "owner": "u-1", **camel(TRIP)},
    ),
    (
        TripBuddyWorkflowDispatcher,
        "notify_request_updated",
        ("r-1",),
        {"end_date": date(2027, 1, 18), "message": "A day more?"},
        "sessions/trip-r-1/signals/update",
        {"payload": {"endDate": "2027-01-18", "message": "A day more?"}},
    ),
    (TripBuddyWorkflowDispatcher, "notify_request_cancelled", ("r-1",), {}, "sessions/trip-r-1/signals/cancel", {}),
    (
        CourseRecommendationWorkflowDispatcher,
        "notify_submitted",
        ("v-1",),
        REVIEW,
        "workflows/course-review/start",
        {"sessionId": "review-v-1", "owner": "u-1", **camel(REVIEW)},
    ),
    (
        CourseRecommendationWorkflowDispatcher,
        "notify_moderated",
        ("v-1", "request_changes"),
        {"by": "mod", "reason": "Name no names."},
        "sessions/review-v-1/signals/request_changes",
        {"by": "mod", "comment": "Name no names."},
    ),
    (
        CourseRecommendationWorkflowDispatcher,
        "notify_resubmitted",
        ("v-1",),
        {"text": "Best before noon."},
        "sessions/review-v-1/signals/resubmit",
        {"payload": {"text": "Best before noon."}},
    ),
    (
        GearReminderWorkflowDispatcher,
        "schedule",
        REMINDER,
        {"reminder_id": "w-1", "time_zone": "Asia/Seoul", "repeat": {"every_days": 30, "until": date(2028, 1, 9)}},
        "workflows/gear-reminder/start",
        {
            "sessionId": "gear-w-1",
            "owner": "u-1",
            "userId": "u-1",
            "gear": "Board",
            "reminderType": "wax",
            "message": "Wax the board.",
            "scheduledAt": "2027-01-09T18:00:00+09:00",
            "timeZone": "Asia/Seoul",
            "repeat": {"everyDays": 30, "until": "2028-01-09"},
        },
    ),
    (
        GearReminderWorkflowDispatcher,
        "move",
        ("w-1", datetime(2027, 1, 8, 9, tzinfo=UTC)),
        {},
        "sessions/gear-w-1/signals/move",
        {"payload": {"scheduledAt": "2027-01-08T09:00:00Z"}},
    ),
    (GearReminderWorkflowDispatcher, "cancel", ("w-1",), {}, "sessions/gear-w-1/signals/cancel", {}),
]


@pytest.mark.parametrize(
    ("kind", "name", "args", "fields", "path", "body"), CALLS, ids=[f"{call[0].workflow} {call[1]}" for call in CALLS]
)
def test_a_call_is_one_request_to_the_session_of_the_callers_own_id(
    calls: Calls,
    settings: WorkflowSettings,
    api: Api,
    kind: type[Dispatcher],
    name: str,
    args: tuple[Any, ...],
    fields: dict[str, Any],
    path: str,
    body: dict[str, Any],
) -> None:
    api.replies(Reply(202, {**STARTED, **ANSWERED.body}))
    dispatch = calls(kind(settings), name, *args, **fields)
    (sent,) = api.requests
    assert (sent.method, sent.target, sent.json) == ("POST", f"/prod/{path}", body)
    assert sent.headers["x-api-key"] == "the-key"
    assert dispatch.status == "sent"
    assert dispatch.session_id == f"{kind.kind}-{dispatch.id}"


MODELS: dict[str, type[Input]] = {
    "skill-sync": SkillSyncInput,
    "trip-request": TripRequestInput,
    "course-review": CourseReviewInput,
    "gear-reminder": GearReminderInput,
}
SIGNALS = {**trip_request.models.SIGNALS, **course_review.models.SIGNALS, **gear_reminder.models.SIGNALS}


@pytest.mark.parametrize(("path", "body"), [call[4:] for call in CALLS], ids=[call[4] for call in CALLS])
def test_what_is_sent_is_what_the_workflows_own_models_take(path: str, body: dict[str, Any]) -> None:
    model, given = SIGNALS.get(path.rsplit("/", maxsplit=1)[-1]), body.get("payload")
    if path.endswith("/start"):
        model, given = MODELS.get(path.split("/")[1]), body
    if model is not None:
        validated(model, given, sent_at="2026-11-21T09:31:00Z")


@pytest.mark.parametrize("own_id", ["r-1", "r.1", "r/1", "r" * 59, "r" * 60, "ü"])
def test_an_id_that_does_not_fit_is_rewritten_as_the_workflows_do(own_id: str) -> None:
    assert session_id_of("trip", own_id) == id_of_the_workflows(None, f"trip-{own_id}")


def test_a_repeated_start_is_the_same_request(calls: Calls, settings: WorkflowSettings, api: Api) -> None:
    api.answers(STARTED, 202)
    gear = GearReminderWorkflowDispatcher(settings)
    for _ in range(2):
        calls(gear, "schedule", *REMINDER, reminder_id="w-1")
    assert len({sent.body for sent in api.requests}) == 1


def test_an_id_is_made_up_where_none_is_given(calls: Calls, settings: WorkflowSettings, api: Api) -> None:
    api.answers(STARTED, 202)
    gear, casi = GearReminderWorkflowDispatcher(settings), CasiWorkflowDispatcher(settings)
    made = [calls(gear, "schedule", *REMINDER), calls(gear, "schedule", *REMINDER), calls(casi, "dispatch", "u-1")]
    assert len({dispatch.id for dispatch in made}) == 3
    assert [sent.json["sessionId"] for sent in api.requests] == [dispatch.session_id for dispatch in made]
    assert "practice" not in api.requests[2].json


def test_a_moment_keeps_its_offset(calls: Calls, settings: WorkflowSettings, api: Api) -> None:
    api.answers(STARTED, 202)
    at = datetime(2027, 1, 9, 18, tzinfo=timezone(timedelta(hours=9)))
    calls(GearReminderWorkflowDispatcher(settings), "schedule", *REMINDER[:-1], at)
    assert api.requests[0].json["scheduledAt"] == "2027-01-09T18:00:00+09:00"


def test_background_tasks_send_it_later(calls: Calls, trips: TripBuddyWorkflowDispatcher, api: Api) -> None:
    api.answers(STARTED, 202)
    tasks = BackgroundTasks()
    dispatch = calls(trips, "notify_request_created", "r-1", **TRIP, background_tasks=tasks)
    assert dispatch == Dispatch("r-1", "trip-r-1", "handed_over")
    assert api.requests == []
    calls.run(tasks)
    assert [sent.target for sent in api.requests] == ["/prod/workflows/trip-request/start"]


def test_a_session_that_does_not_wait_yet_is_told_again(
    calls: Calls, trips: TripBuddyWorkflowDispatcher, api: Api, pauses: list[float]
) -> None:
    gone = Reply(404, refusal("UnknownSession"))
    api.replies(gone, NOTHING_WAITS, OPEN, NOTHING_WAITS, OPEN, ANSWERED)
    assert calls(trips, "notify_request_updated", "r-1", message="Later?").status == "sent"
    assert [sent.method for sent in api.requests] == ["POST", "POST", "GET", "POST", "GET", "POST"]
    assert len(pauses) == 3


def test_a_session_that_has_ended_is_not_told_again(
    calls: Calls, trips: TripBuddyWorkflowDispatcher, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "durable_workflows")
    api.replies(NOTHING_WAITS, Reply(200, {**RECORD, "status": "completed", "outcome": "accepted"}))
    assert calls(trips, "notify_request_cancelled", "r-1").status == "ended"
    assert len(api.requests) == 2
    assert "completed (accepted) and is no longer open" in caplog.text
    assert [record.levelname for record in caplog.records if record.name == "durable_workflows"] == ["INFO"]


@pytest.mark.parametrize(
    ("replies", "code", "least", "most"),
    [
        ([NOTHING_WAITS, OPEN] * 200, "NothingWaits", SIGNAL_SECONDS, SIGNAL_SECONDS),
        ([Reply(404, refusal("UnknownSession"))], "UnknownSession", NOT_THERE_SECONDS, 2 * LONGEST_WINDOW),
    ],
    ids=["waits for nothing", "is unknown"],
)
def test_a_session_is_told_again_for_so_long_and_no_longer(
    calls: Calls,
    trips: TripBuddyWorkflowDispatcher,
    api: Api,
    pauses: list[float],
    caplog: pytest.LogCaptureFixture,
    replies: list[Reply],
    code: str,
    least: float,
    most: float,
) -> None:
    api.replies(*replies)
    assert calls(trips, "notify_request_cancelled", "r-1").status == "failed"
    assert least - 0.001 <= sum(pauses) <= most + 0.001
    assert f"trip-request: session trip-r-1 was not told: {code}" in caplog.text


def test_an_answer_that_the_question_does_not_take_is_not_given_again(
    calls: Calls, settings: WorkflowSettings, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.replies(Reply(409, refusal("NotAccepted", "The session waits for one of: resubmit.")))
    courses = CourseRecommendationWorkflowDispatcher(settings)
    assert calls(courses, "notify_moderated", "v-1", "approve", by="mod").status == "failed"
    assert len(api.requests) == 1
    assert "waits for one of: resubmit" in caplog.text


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (CLOSE, "gave no answer"),
        (Reply(503, refusal("AwsUnavailable")), "answered 503 AwsUnavailable"),
        (Reply(400, refusal("InvalidInput", details=[{"field": "endDate", "problem": "is in the past"}])), "endDate"),
        (Reply(403, refusal("Forbidden")), "Check that api_key"),
        (Reply(409, refusal("SessionConflict")), "SessionConflict"),
    ],
    ids=["closed", "busy", "bad input", "wrong key", "other input"],
)
def test_a_failure_is_a_warning_that_holds_nothing_of_what_was_sent(
    calls: Calls,
    trips: TripBuddyWorkflowDispatcher,
    api: Api,
    caplog: pytest.LogCaptureFixture,
    reply: Reply,
    words: str,
) -> None:
    api.replies(reply)
    assert calls(trips, "notify_request_created", "r-1", **TRIP).status == "failed"
    (warning,) = [record for record in caplog.records if record.name == "durable_workflows"]
    assert warning.levelname == "WARNING"
    assert words in warning.message
    assert not [told for told in ("the-key", *TRIP.values()) if told in warning.message]


def test_an_api_that_is_away_fails_in_the_background_too(
    calls: Calls, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    trips = TripBuddyWorkflowDispatcher(WorkflowSettings(url=f"http://127.0.0.1:{free_port()}", api_key="the-key"))
    tasks = BackgroundTasks()
    assert calls(trips, "notify_request_cancelled", "r-1", background_tasks=tasks).status == "handed_over"
    calls.run(tasks)
    assert "trip-r-1 was not told: the workflow API at" in caplog.text


def test_what_cannot_be_written_as_json_fails_without_its_words(
    calls: Calls, settings: WorkflowSettings, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    casi = CasiWorkflowDispatcher(settings)
    assert calls(casi, "dispatch", "u-1", practice={**PRACTICE, "drills": object()}).status == "failed"
    assert caplog.messages == ["skill-sync: session practice-p-1 was not told: PydanticSerializationError"]
    assert api.requests == []


def test_credentials_that_cannot_be_had_fail_the_call_and_not_the_next(
    calls: Calls, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    casi = CasiWorkflowDispatcher(WorkflowSettings(url=api.url, auth_mode="iam_sigv4", region="us-east-1"))
    api.answers(STARTED, 202)
    assert calls(casi, "dispatch", "u-1").status == "failed"
    assert "AWS credentials: there are none" in caplog.text
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    assert calls(casi, "dispatch", "u-1").status == "sent"


def test_threads_share_a_client_and_loops_do_not(settings: WorkflowSettings, api: Api) -> None:
    api.answers(STARTED, 202)
    casi = CasiWorkflowDispatcher(settings)

    async def main() -> list[Dispatch]:
        threads = [asyncio.to_thread(casi.dispatch, "u-1") for _ in range(8)]
        told = await asyncio.gather(*threads, *[casi.dispatch_async("u-1") for _ in range(8)])
        await casi.close_async()
        return told

    for _ in range(2):
        assert {dispatch.status for dispatch in asyncio.run(main())} == {"sent"}
    casi.close()
    assert len({json.loads(sent.body)["sessionId"] for sent in api.requests}) == 32


@pytest.mark.parametrize("kind", DISPATCHERS)
def test_closing_what_was_never_used_does_nothing(kind: type[Dispatcher], settings: WorkflowSettings) -> None:
    for dispatcher in (kind(settings), kind(WorkflowSettings())):
        dispatcher.close()
        asyncio.run(dispatcher.close_async())
