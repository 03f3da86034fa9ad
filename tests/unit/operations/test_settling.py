"""Sessions whose execution ended without a step saying so: by event, and by the sweep."""

import json
from typing import Any

import boto3
import pytest

from core.errors import FinalError
from core.step import Session, step
from operations import reconcile_session, sweep_sessions
from tests.support import toy
from tests.support.executions import begun, create_machine, ended, start
from tests.support.tables import every_row, record_of

pytestmark = pytest.mark.usefixtures("tables")

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:toy-test"


def event(execution: str, status: str, raw: Any = None, **detail: Any) -> dict[str, Any]:
    text = json.dumps({"sessionId": "s1", "amount": 7} if raw is None else raw)
    return {
        "detail": {
            "executionArn": toy.execution_arn(execution),
            "stateMachineArn": MACHINE,
            "name": execution,
            "status": status,
            "input": text,
            "error": None,
            "cause": None,
            **detail,
        }
    }


class Broken(FinalError):
    """A final error."""


def _break(request: toy.Amount, session: Session) -> toy.Work:
    raise Broken("it is broken")


_break.__module__ = "toy.work"
BREAKING = step(phase="working", done="worked", progress=(10, 50))(_break)


@pytest.fixture(autouse=True)
def _started(tables: None) -> None:
    toy.OPEN(toy.event("first", "s1", amount=7), None)


def test_a_failed_execution_fails_its_session_with_the_step_s_own_words() -> None:
    with pytest.raises(Broken):
        BREAKING(toy.event("first", "s1", amount=7), None)
    cause = json.dumps({"errorMessage": "other words", "errorType": "Broken"})
    reconcile_session.handler(event("first", "FAILED", error="Broken", cause=cause), None)
    record = record_of("s1")
    assert record["status"] == "failed"
    assert record["error"] == {"type": "Broken", "message": "it is broken", "step": "Work"}
    assert record["progress"] == 10
    assert record["ttl"] > 0
    assert "openWorkflow" not in record


def test_a_lambda_that_died_is_told_by_the_machine_and_the_step_that_was_running_is_named() -> None:
    table_entry = toy.event("first", "s1", amount=7)
    with pytest.raises(Broken):
        BREAKING(table_entry, None)
    cause = json.dumps({"errorMessage": "exit status 137", "errorType": "Runtime.ExitError"})
    reconcile_session.handler(event("first", "FAILED", error="Runtime.ExitError", cause=cause), None)
    assert record_of("s1")["error"] == {"type": "Runtime.ExitError", "message": "exit status 137", "step": "Work"}


def test_a_machine_that_ran_out_of_time_fails_its_session() -> None:
    reconcile_session.handler(event("first", "TIMED_OUT"), None)
    error = record_of("s1")["error"]
    assert error["type"] == "States.Timeout"
    assert "TimeoutSeconds" in error["message"]


def test_a_stopped_execution_cancels_its_session_and_keeps_the_reason_given() -> None:
    reconcile_session.handler(event("first", "ABORTED", cause="ann changed her mind"), None)
    record = record_of("s1")
    assert (record["status"], record["error"]["message"]) == ("cancelled", "ann changed her mind")


def test_a_stopped_execution_without_a_reason_has_no_error() -> None:
    reconcile_session.handler(event("first", "ABORTED"), None)
    assert record_of("s1")["status"] == "cancelled"
    assert "error" not in record_of("s1")


def test_a_repeated_or_late_event_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    reconcile_session.handler(event("first", "ABORTED"), None)
    before = record_of("s1")
    reconcile_session.handler(event("first", "ABORTED"), None)
    reconcile_session.handler(event("first", "FAILED", error="Broken"), None)
    assert record_of("s1") == before
    assert capsys.readouterr().out.count('"SessionsCancelled":[') == 1


def test_a_duplicate_s_end_does_not_touch_the_session_of_the_first() -> None:
    before = record_of("s1")
    reconcile_session.handler(event("second", "FAILED", error="SessionConflict"), None)
    assert record_of("s1") == before


@pytest.mark.parametrize(("status", "becomes"), [("FAILED", "failed"), ("ABORTED", "cancelled")])
def test_an_execution_that_ended_before_its_first_step_gets_a_record(status: str, becomes: str) -> None:
    reconcile_session.handler(event("early", status, raw={"amount": 7}, error="AccessDenied", cause="no"), None)
    record = record_of("early")
    assert (record["status"], record["workflow"], record["steps"]) == (becomes, "toy", {})
    assert record["error"] == {"type": "AccessDenied", "message": "no"}


def test_an_input_too_large_for_the_event_is_looked_up() -> None:
    arn = _start({"sessionId": "big", "amount": 7})
    reconcile_session.handler(event("run", "FAILED", input=None, executionArn=arn), None)
    assert record_of("big")["executionArn"] == arn


class TestSweep:
    @pytest.fixture(autouse=True)
    def _settings(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("WORKFLOWS", '["toy", "order"]')
        environment.setenv("STALE_AFTER_SECONDS", "60")

    @pytest.fixture
    def _later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sweep_sessions, "ago", lambda _seconds: "9999")

    @pytest.mark.usefixtures("_later")
    def test_a_session_whose_execution_is_unknown_fails(self) -> None:
        assert sweep_sessions.handler({}, None) == {"looked": 1, "stale": 0}
        assert record_of("s1")["error"]["type"] == "ExecutionDoesNotExist"

    @pytest.mark.usefixtures("_later")
    def test_a_running_session_is_stale_and_left_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        arn = _start({"sessionId": "s2", "amount": 7})
        _adopt("s1", arn)
        before = record_of("s1")
        assert sweep_sessions.handler({}, None) == {"looked": 1, "stale": 1}
        assert record_of("s1") == before
        assert '"StaleSessions":[1.0]' in capsys.readouterr().out

    @pytest.mark.usefixtures("_later")
    def test_a_stopped_execution_s_session_is_cancelled(self) -> None:
        arn = _start({"sessionId": "s2", "amount": 7})
        _adopt("s1", arn)
        begun(arn)
        boto3.client("stepfunctions").stop_execution(executionArn=arn)
        ended(arn, "ABORTED")
        sweep_sessions.handler({}, None)
        assert record_of("s1")["status"] == "cancelled"

    @pytest.mark.usefixtures("_later")
    def test_a_session_that_no_step_ended_fails_though_its_execution_succeeded(self) -> None:
        arn = _start({"sessionId": "s2", "amount": 7}, does="succeeds")
        ended(arn, "SUCCEEDED")
        _adopt("s1", arn)
        sweep_sessions.handler({}, None)
        assert record_of("s1")["error"]["type"] == "SessionUnfinished"

    def test_a_session_touched_of_late_is_not_looked_at(self) -> None:
        assert sweep_sessions.handler({}, None) == {"looked": 0, "stale": 0}

    @pytest.mark.usefixtures("_later")
    def test_an_ended_session_is_not_in_the_index(self) -> None:
        toy.CLOSE(toy.event("first", "s1", run=1), None)
        assert sweep_sessions.handler({}, None) == {"looked": 0, "stale": 0}

    @pytest.mark.usefixtures("_later")
    def test_more_sessions_than_one_page_are_all_settled(self) -> None:
        for number in range(30):
            toy.OPEN(toy.event(f"more-{number}", f"more-{number}", amount=7), None)
        sweep_sessions.handler({}, None)
        assert {record["status"] for record in every_row("sessions-test")} == {"failed"}


def _start(raw: Any, does: str = "waits") -> str:
    """An execution of a machine in moto that waits, unless it is to do something else."""
    create_machine("toy", does=does)
    arn = toy.execution_arn("run")
    start(arn, raw)
    return arn


def _adopt(session_id: str, arn: str) -> None:
    boto3.client("dynamodb").update_item(
        TableName="sessions-test",
        Key={"sessionId": {"S": session_id}},
        UpdateExpression="SET executionArn = :arn",
        ExpressionAttributeValues={":arn": {"S": arn}},
    )
