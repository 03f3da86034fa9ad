"""What a step tells: names, errors, logs and metrics."""

import io
import json
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError

from core import aws, record
from core.errors import AwsUnavailable, FinalError, SessionClosed, StaleExecution
from core.observability import logger
from core.record import Status
from core.settings import StepSettings, WrongSettings, load
from core.step import End, Session, last_step, step
from tests.support import toy
from tests.support.tables import every_row, record_of, result_of

pytestmark = pytest.mark.usefixtures("tables")


class NoSuchThing(FinalError):
    """A final error of the domain."""


def failing(error: Exception) -> Any:
    def fail(request: toy.Amount, session: Session) -> toy.Work:
        raise error

    fail.__module__ = "toy.work"
    return step(phase="working", done="worked", progress=(10, 50))(fail)


@pytest.fixture(autouse=True)
def _started(tables: None) -> None:
    toy.OPEN(toy.event("first", "s1", amount=7), None)


def test_names_follow_from_the_module() -> None:
    assert (toy.WORK.workflow, toy.WORK.name) == ("toy", "Work")
    assert toy.OPEN.name == "OpenToy"


def test_an_error_raised_on_purpose_is_in_the_record_at_once_and_the_status_is_left_to_the_machine() -> None:
    with pytest.raises(NoSuchThing):
        failing(NoSuchThing("there is no such thing"))(toy.event("first", "s1", amount=7), None)
    record = record_of("s1")
    assert record["status"] == "processing"
    assert record["steps"]["Work"]["status"] == "failed"
    assert record["steps"]["Work"]["error"] == {"type": "NoSuchThing", "message": "there is no such thing"}


def test_an_unexpected_error_keeps_its_name_but_not_its_words() -> None:
    with pytest.raises(KeyError):
        failing(KeyError("ann@example.org"))(toy.event("first", "s1", amount=7), None)
    error = record_of("s1")["steps"]["Work"]["error"]
    assert error["type"] == "KeyError"
    assert "ann" not in error["message"]


def test_the_next_attempt_counts_on_and_clears_the_error() -> None:
    with pytest.raises(NoSuchThing):
        failing(NoSuchThing("x"))(toy.event("first", "s1", amount=7), None)
    toy.WORK(toy.event("first", "s1", amount=7), None)
    entry = record_of("s1")["steps"]["Work"]
    assert (entry["status"], entry["attempt"]) == ("succeeded", 2)
    assert "error" not in entry


def test_a_visit_of_its_own_has_an_entry_and_an_output_of_its_own() -> None:
    first = toy.WORK({**toy.event("first", "s1", amount=7), "item": 1}, None)
    second = toy.WORK({**toy.event("first", "s1", amount=7), "item": 2}, None)
    assert first != second
    assert {row["stepKey"] for row in every_row("steps-test")} == {"Work#1", "Work#2"}
    assert set(record_of("s1")["steps"]) == {"OpenToy", "Work#1", "Work#2"}


def test_a_step_of_another_execution_is_refused() -> None:
    with pytest.raises(StaleExecution, match="belongs to"):
        toy.WORK(toy.event("second", "s1", amount=7), None)


def test_a_step_of_a_session_without_a_record_is_refused() -> None:
    with pytest.raises(StaleExecution, match="no record"):
        toy.WORK(toy.event("first", "s2", amount=7), None)


def test_a_step_after_the_end_is_refused_but_one_that_had_succeeded_repeats_its_output() -> None:
    work = toy.WORK(toy.event("first", "s1", amount=7), None)
    end = toy.CLOSE(toy.event("first", "s1", run=1), None)
    assert toy.WORK(toy.event("first", "s1", amount=7), None) == work
    assert toy.CLOSE(toy.event("first", "s1", run=1), None) == end
    with pytest.raises(SessionClosed, match="has ended: completed"):
        toy.WORK({**toy.event("first", "s1", amount=7), "item": 9}, None)


def test_a_session_is_not_given_what_an_earlier_one_with_its_id_left_behind() -> None:
    old = [toy.WORK(toy.event("first", "s1", amount=7), None), toy.CLOSE(toy.event("first", "s1", run=1), None)]
    boto3.client("dynamodb").delete_item(TableName="sessions-test", Key={"sessionId": {"S": "s1"}})
    with patch.object(record, "now", lambda: "2099-01-01T00:00:00.000Z"):
        toy.OPEN(toy.event("later", "s1", amount=7), None)
    for _ in range(2):
        new = [toy.WORK(toy.event("later", "s1", amount=7), None), toy.CLOSE(toy.event("later", "s1", run=1), None)]
        assert new[0] != old[0]
        assert new[1]["result"] != old[1]["result"]
    assert result_of("s1")["result"] == new[1]["result"]


def test_the_end_says_outcome_and_result() -> None:
    end = toy.CLOSE(toy.event("first", "s1", run=1), None)
    assert (end["sessionId"], end["status"], end["outcome"]) == ("s1", "completed", "done")
    record = record_of("s1")
    assert (record["status"], record["outcome"], record["phase"], record["progress"]) == (
        "completed",
        "done",
        "finished",
        100,
    )
    assert record["ttl"] > 0


def test_a_session_that_its_requester_cancelled_by_a_signal_keeps_outcome_and_result(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def close_cancelled(request: toy.Work, session: Session) -> End[toy.Work]:
        return End(result=toy.Work(run=request.run), outcome="cancelled", status=Status.CANCELLED)

    close_cancelled.__annotations__ = {"request": toy.Work, "session": Session}
    close_cancelled.__module__ = "toy.close_toy"
    cancel = last_step(phase="closing", progress=90)(close_cancelled)
    for _ in range(2):
        end = cancel(toy.event("first", "s1", run=7), None)
        assert end == {"sessionId": "s1", "status": "cancelled", "outcome": "cancelled", "result": {"run": 7}}
    record = record_of("s1")
    assert (record["status"], record["outcome"], record["progress"]) == ("cancelled", "cancelled", 90)
    assert record["steps"]["CloseToy"]["status"] == "succeeded"
    assert record["ttl"] > 0
    assert not {"error", "openWorkflow"} & record.keys()
    assert result_of("s1")["status"] == "cancelled"
    told = capsys.readouterr().out
    assert (told.count('"SessionsCancelled":['), told.count('"SessionsCompleted":[')) == (1, 0)


def test_a_step_s_own_error_is_what_the_machine_sees_when_the_record_cannot_be_written() -> None:
    real, calls = aws.dynamodb(), []

    class Throttled:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def update_item(self, **arguments: Any) -> Any:
            calls.append(arguments)
            if len(calls) > 1:
                response: Any = {
                    "Error": {"Code": "ThrottlingException", "Message": ""},
                    "ResponseMetadata": {"HTTPStatusCode": 400},
                }
                raise ClientError(response, "UpdateItem")
            return real.update_item(**arguments)

    with patch.object(aws, "dynamodb", Throttled):
        with pytest.raises(NoSuchThing):
            failing(NoSuchThing("x"))(toy.event("first", "s1", amount=7), None)
        with pytest.raises(AwsUnavailable):
            toy.WORK({**toy.event("first", "s1", amount=7), "item": 2}, None)


def test_logs_carry_the_session_and_no_input(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    toy.WORK(toy.event("first", "s1", amount=7, secret="hush"), None)
    (line,) = written.getvalue().splitlines()
    assert {"message": "step done", "session_id": "s1", "step": "Work"}.items() <= json.loads(line).items()
    assert "hush" not in line


def test_each_delivery_is_timed_and_ends_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    toy.OPEN(toy.event("first", "s9", amount=7), None)
    toy.WORK(toy.event("first", "s9", amount=7), None)
    for _ in range(2):
        toy.CLOSE(toy.event("first", "s9", run=1), None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    metrics = [line for line in lines if "_aws" in line]
    assert [m["step"] for m in metrics if "StepDuration" in m] == ["OpenToy", "Work", "CloseToy", "CloseToy"]
    counted = {name: [m for m in metrics if name in m] for name in ("SessionsStarted", "SessionsCompleted")}
    assert {name: len(found) for name, found in counted.items()} == {"SessionsStarted": 1, "SessionsCompleted": 1}
    assert all((m["service"], m["stage"]) == ("toy", "test") for found in counted.values() for m in found)


def test_a_missing_setting_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("STEPS_TABLE")
    load.cache_clear()
    with pytest.raises(WrongSettings, match="STEPS_TABLE: field required"):
        load(StepSettings)
