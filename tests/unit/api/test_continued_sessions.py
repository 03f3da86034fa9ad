"""Sessions that go on in next executions, and inputs that name times, as the API's callers see them."""

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from api import start_workflow
from core import aws
from core.executions import continued
from core.record import Table
from core.starts import continue_in_next, start_execution
from tests.support.clock import at
from tests.support.executions import begun, ended
from tests.support.tables import record_of
from tests.unit.api.calling import RECIPE
from tests.unit.api.test_starts import (
    Make,
    arn_of,
    cancel,
    execution,
    executions,
    failed,
    retry,
    start,
    unreachable,
)
from tests.unit.core.test_sent_at import DUE, NOON, DatedInput

CARRIED = {"number": 2}
GIVEN = {"sessionId": "s-1", **RECIPE}


def hand_over(carried: Any = None) -> str:
    """Has the session belong to its next execution, which is yet to be started. Returns its ARN."""
    present = record_of("s-1")["executionArn"]
    step = f"GoOn#{record_of('s-1')['attempt']}"
    record = continue_in_next(Table("sessions-test"), "s-1", present, step, "continued", carried or CARRIED)
    return record["executionArn"]


def go_on(carried: Any = None) -> None:
    """Has the session go on in its next execution."""
    arn = hand_over(carried)
    assert start_execution(arn, "s-1", continued(GIVEN, "s-1", carried or CARRIED))
    begun(arn)


class TestStarting:
    @pytest.mark.parametrize("given", [CARRIED, None, "x"])
    def test_nobody_outside_may_say_what_a_session_is_continued_with(self, machine: Make, given: Any) -> None:
        machine("waits")

        answer = start({**GIVEN, "continuation": given})

        assert (answer.status, answer.code) == (400, "InvalidInput")
        assert [detail["field"] for detail in answer.json["error"]["details"]] == ["continuation"]
        assert executions() == []
        assert record_of("s-1") is None

    def test_the_same_start_of_a_session_that_went_on_finds_its_present_execution(self, machine: Make) -> None:
        machine("waits")
        start()
        go_on()

        answer = start()

        assert (answer.status, answer.json["executionArn"]) == (202, arn_of("s-1-2"))
        assert executions() == ["s-1", "s-1-2"]


class TestRetrying:
    def test_a_session_that_failed_after_it_went_on_starts_with_what_was_carried(self, machine: Make) -> None:
        machine("fails")
        start()
        go_on()
        go_on({"number": 3})
        failed()

        assert retry().json == {"sessionId": "s-1", "status": "processing"}

        assert executions() == ["s-1", "s-1-2", "s-1-3", "s-1-4"]
        assert json.loads(execution("s-1-4")["input"]) == {**GIVEN, "continuation": {"number": 3}}
        assert record_of("s-1")["attempt"] == 4

    def test_so_does_one_whose_next_execution_never_began(self, machine: Make) -> None:
        machine("fails")
        start()
        go_on()
        hand_over({"number": 3})
        failed()

        retry()

        assert executions() == ["s-1", "s-1-2", "s-1-4"]
        assert json.loads(execution("s-1-4")["input"]) == {**GIVEN, "continuation": {"number": 3}}

    def test_a_retry_that_failed_half_way_goes_on_with_it_when_repeated(self, machine: Make) -> None:
        machine("fails")
        start()
        go_on()
        failed()
        with unreachable("start_execution"):
            assert retry().status == 503

        assert retry().status == 202

        assert executions() == ["s-1", "s-1-2", "s-1-3"]
        assert json.loads(execution("s-1-3")["input"])["continuation"] == CARRIED

    def test_a_retried_session_that_goes_on_again_does_so_under_its_next_name(self, machine: Make) -> None:
        machine("fails")
        start()
        failed()
        retry()
        go_on()

        assert executions() == ["s-1", "s-1-2", "s-1-3"]


class TestCancelling:
    def test_stops_the_present_execution_and_leaves_the_former_one(self, machine: Make) -> None:
        machine("waits")
        start()
        go_on()

        assert cancel().status == 202

        ended(arn_of("s-1-2"), "ABORTED")
        assert execution("s-1")["status"] == "RUNNING"

    def test_between_hand_over_and_start_ends_the_session_at_once(self, machine: Make) -> None:
        machine("waits")
        start()
        hand_over()

        assert cancel().json == {"sessionId": "s-1", "status": "cancelled"}
        assert "openWorkflow" not in record_of("s-1")

    @pytest.mark.parametrize(("goes", "status"), [(hand_over, "cancelled"), (go_on, "processing")])
    def test_as_the_session_goes_on_meanwhile_stops_the_next_one_too(
        self, machine: Make, goes: Callable[[], object], status: str
    ) -> None:
        machine("waits")
        start()
        real, stopped = aws.stepfunctions().stop_execution, []

        def stop(**arguments: Any) -> Any:
            stopped.append(arguments["executionArn"])
            answer = real(**arguments)
            if len(stopped) == 1:
                goes()
            return answer

        begun(arn_of("s-1"))
        with patch.object(aws.stepfunctions(), "stop_execution", stop):
            assert cancel().json == {"sessionId": "s-1", "status": status}

        assert stopped == [arn_of("s-1"), arn_of("s-1-2")]


class TestTimes:
    @pytest.fixture(autouse=True)
    def _dated(self, machine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        machine("waits")
        monkeypatch.setattr(start_workflow, "input_of", lambda _workflow: DatedInput)

    def test_in_the_past_are_refused_and_nothing_is_started(self) -> None:
        with at("2026-11-21T14:00:01Z"):
            answer = start({"sessionId": "s-1", "when": DUE})

        assert answer.json["error"]["details"] == [{"field": "when", "problem": "is in the past"}]
        assert record_of("s-1") is None

    def test_that_have_passed_since_do_not_keep_the_same_start_from_finding_its_session(self) -> None:
        with at(NOON) as clock:
            first = start({"sessionId": "s-1", "when": DUE})
            clock.advance(7 * 24 * 3600)
            again = start({"sessionId": "s-1", "when": DUE})

            assert (first.status, again.status, again.json) == (202, 202, first.json)
            assert start({"sessionId": "s-2", "when": DUE}).status == 400
            assert start({"sessionId": "s-1", "when": "2026-11-22T12:00:00Z"}).code == "SessionConflict"
            assert start({"sessionId": "s-1", "when": DUE, "extra": 1}).status == 400

    def test_that_have_passed_since_do_not_keep_a_start_that_died_half_way_from_going_on(self) -> None:
        with at(NOON) as clock:
            with unreachable("start_execution"):
                assert start({"sessionId": "s-1", "when": DUE}).status == 503
            clock.advance(7 * 24 * 3600)
            assert start({"sessionId": "s-1", "when": DUE}).json["status"] == "queued"
        assert executions() == ["s-1"]
