"""Starts whose answer is the session's end, where it comes in time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest

from core.outputs import Results
from core.record import Change, Record, Status, Table, ended
from core.settings import load
from tests.support.tables import record_of
from tests.unit.api.calling import RECIPE, Answer
from tests.unit.api.novels import STORY, fields, machines, queued, start

# API Gateway gives up after 29 s: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
GIVES_UP_SECONDS = 29


@pytest.fixture(autouse=True)
def _machines(tables: None, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STATE_MACHINES", machines())
    load.cache_clear()


@dataclass
class Waiting:
    """A clock that moves as the route sleeps; at some second something happens."""

    at_second: float = float("inf")
    happens: Callable[[], object] = lambda: None
    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        before, self.seconds = self.seconds, self.seconds + seconds
        self.slept.append(seconds)
        if before < self.at_second <= self.seconds:
            self.happens()


def end(status: Status, outcome: str | None = None) -> None:
    """Has the session end; with an outcome, a step has ended it, with its result."""
    record = record_of("n-1")
    if outcome is not None:
        ending = {"status": status, "outcome": outcome, "result": {"chapters": 1}}
        Results("results-test").keep("n-1", record["createdAt"], ending)

    def decide(_: Record | None) -> Change:
        told = {} if outcome is None else {"outcome": outcome}
        return Change(set={**ended(status), **told}, remove=("openWorkflow",))

    Table("sessions-test").change("n-1", decide, record)


def await_start(waiting: Waiting, **story: str) -> Answer:
    with patch("api.start_workflow.time", waiting):
        return start({"sessionId": "n-1", **STORY, **story}, wait="true")


def test_a_session_that_ends_in_time_is_the_answer_with_its_result() -> None:
    waiting = Waiting(3.0, lambda: end(Status.COMPLETED, "analysed"))
    answer = await_start(waiting)
    assert answer.status == 200
    assert answer.json["result"] == {"chapters": 1}
    assert (answer.json["sessionId"], answer.json["status"], answer.json["outcome"]) == (
        "n-1",
        "completed",
        "analysed",
    )
    assert not {"openWorkflow", "queuedUntil"} & answer.json.keys()
    assert 3.0 <= waiting.seconds <= 4.0
    assert len(queued()) == 1


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_a_session_that_ends_without_a_result_is_the_answer_too(status: Status) -> None:
    answer = await_start(Waiting(1.0, lambda: end(status)))
    assert (answer.status, answer.json["status"]) == (200, status)
    assert "result" not in answer.json


def test_what_takes_longer_is_answered_with_its_id_before_the_gateway_gives_up() -> None:
    waiting = Waiting()
    answer = await_start(waiting)
    assert (answer.status, answer.json["sessionId"], answer.json["status"]) == (202, "n-1", "queued")
    assert answer.json["links"]["self"] == "/sessions/n-1"
    assert 20 <= waiting.seconds <= GIVES_UP_SECONDS - 3
    assert max(waiting.slept) <= 1


def test_what_is_answered_late_tells_the_status_that_it_has_by_then() -> None:
    def begin() -> None:
        change = Change(set={"status": Status.PROCESSING})
        Table("sessions-test").change("n-1", lambda _: change, record_of("n-1"))

    assert await_start(Waiting(10.0, begin)).json["status"] == "processing"


def test_the_end_at_the_last_moment_is_seen() -> None:
    waiting = Waiting(24.0, lambda: end(Status.COMPLETED, "analysed"))
    assert await_start(waiting).status == 200


def test_a_session_that_had_ended_before_is_answered_without_waiting() -> None:
    start()
    end(Status.COMPLETED, "analysed")
    waiting = Waiting()
    answer = await_start(waiting)
    assert (answer.status, answer.json["result"]) == (200, {"chapters": 1})
    assert waiting.slept == []


def test_a_conflict_is_told_at_once() -> None:
    start()
    waiting = Waiting()
    assert await_start(waiting, text="other").code == "SessionConflict"
    assert waiting.slept == []


@pytest.mark.parametrize("wait", ["false", "0"])
def test_nobody_waits_unasked(wait: str) -> None:
    waiting = Waiting()
    with patch("api.start_workflow.time", waiting):
        assert start(wait=wait).status == 202
        assert start().status == 202
    assert waiting.slept == []


@pytest.mark.parametrize(
    "body",
    [
        {"title": "x", "text": "가" * 5000},
        {"title": "x", "textKey": "uploads/abc"},
        {"title": "x", "textKey": "novels/short.txt"},
    ],
)
def test_what_may_take_long_cannot_be_waited_for_and_is_not_started(body: dict[str, str]) -> None:
    answer = start({"sessionId": "n-1", **body}, wait="true")
    assert (answer.status, answer.code, fields(answer)) == (400, "InvalidInput", {"wait"})
    assert (record_of("n-1"), queued()) == (None, [])
    assert start({"sessionId": "n-1", **body}).status == 202


def test_a_text_a_character_shorter_can_be_waited_for() -> None:
    assert await_start(Waiting(), text="가" * 4999).status == 202


def test_other_workflows_cannot_be_waited_for() -> None:
    answer = start({"sessionId": "c-1", **RECIPE}, workflow="ai-chef", wait="true")
    assert (answer.status, fields(answer)) == (400, {"wait"})
    assert record_of("c-1") is None


def test_a_wait_that_is_neither_true_nor_false_is_400() -> None:
    answer = start(wait="perhaps")
    assert (answer.status, fields(answer)) == (400, {"wait"})
    assert record_of("n-1") is None
