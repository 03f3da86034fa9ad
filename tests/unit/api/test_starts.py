"""Starting, cancelling and retrying sessions: once, whatever is repeated or fails in between."""

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError

from core import aws
from core.record import SessionError, Status, StepStatus, Table
from core.sessions import close
from tests.support.executions import begun, ended
from tests.support.tables import every_row, record_of
from tests.unit.api.calling import MACHINE, RECIPE, Answer, at_once, call, session

Make = Callable[[str], str]


def start(body: Any = None, workflow: str = "ai-chef") -> Answer:
    return call(
        "start_workflow", path={"workflow": workflow}, body={"sessionId": "s-1", **RECIPE} if body is None else body
    )


def cancel(session_id: str = "s-1") -> Answer:
    return call("cancel_session", path={"sessionId": session_id})


def retry(session_id: str = "s-1") -> Answer:
    return call("retry_session", path={"sessionId": session_id})


def execution(name: str = "s-1") -> Any:
    return aws.stepfunctions().describe_execution(executionArn=arn_of(name))


def executions() -> list[str]:
    return sorted(one["name"] for one in aws.stepfunctions().list_executions(stateMachineArn=MACHINE)["executions"])


def arn_of(name: str) -> str:
    return f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"


def failed(session_id: str = "s-1", **attributes: Any) -> None:
    """Has the session end as its execution did."""
    why: SessionError = {"type": "NoRecipeFits", "message": "none fits"}
    record = record_of(session_id)
    assert close(Table("sessions-test"), record, record["executionArn"], Status.FAILED, lambda _: why)
    if attributes:
        values = {":value": {"S": attributes["compensation"]}}
        aws.dynamodb().update_item(
            TableName="sessions-test",
            Key={"sessionId": {"S": session_id}},
            UpdateExpression="SET compensation = :value",
            ExpressionAttributeValues=values,
        )


def unreachable(call_name: str) -> Any:
    """Step Functions cannot be reached for this call."""
    error = EndpointConnectionError(endpoint_url="https://states")
    return patch.object(aws.stepfunctions(), call_name, side_effect=error)


def test_a_start_queues_the_session_and_starts_its_execution_under_the_sessions_name(machine: Make) -> None:
    machine("waits")

    answer = start({"sessionId": "s-1", "owner": "ann", **RECIPE})

    assert answer.status == 202
    assert answer.json == {
        "sessionId": "s-1",
        "executionArn": arn_of("s-1"),
        "status": "queued",
        "links": {"self": "/sessions/s-1", "cancel": "/sessions/s-1/cancel"},
    }
    assert json.loads(execution()["input"]) == {"sessionId": "s-1", "owner": "ann", **RECIPE}
    record = record_of("s-1")
    assert (record["status"], record["phase"], record["owner"]) == ("queued", "queued", "ann")


def test_a_start_without_an_id_gets_one(machine: Make) -> None:
    machine("waits")

    session_id = start(RECIPE).json["sessionId"]

    assert session_id.startswith("sess_")
    assert executions() == [session_id]


def test_snake_case_is_taken_and_bad_input_starts_nothing(machine: Make) -> None:
    machine("waits")

    good = {"session_id": "s-1", "profile": {"target": "keto", "budget": 1, "health_conditions": []}}
    assert start(good).json["sessionId"] == "s-1"
    answer = start({"sessionId": "s-2", "profile": {"target": "paleo", "budget": 0}, "extra": 1})

    assert answer.status == 400
    assert {detail["field"] for detail in answer.json["error"]["details"]} == {
        "profile.target",
        "profile.budget",
        "extra",
    }
    assert executions() == ["s-1"]
    assert record_of("s-2") is None


def test_an_unknown_workflow_is_404_and_names_the_known_ones(machine: Make) -> None:
    machine("waits")

    answer = start(workflow="ai-cheff")

    assert (answer.status, answer.code) == (404, "UnknownWorkflow")
    assert "ai-chef, order" in answer.json["error"]["message"]


def test_the_same_start_twice_finds_the_same_session(machine: Make) -> None:
    machine("waits")

    first, again = start(), start({**RECIPE, "sessionId": "s-1"})

    assert again.json == first.json
    assert executions() == ["s-1"]


def test_the_same_start_of_a_session_that_moves_on_tells_its_present_status(machine: Make) -> None:
    machine("waits")
    session("s-1", status="completed", executionArn=arn_of("started-by-cli"))

    answer = start()

    assert (answer.json["status"], answer.json["executionArn"]) == ("completed", arn_of("started-by-cli"))
    assert executions() == []


def test_a_used_id_with_other_input_is_409(machine: Make) -> None:
    machine("waits")
    start()

    answer = start({"sessionId": "s-1", "profile": {"target": "vegan", "budget": 1}})

    assert (answer.status, answer.code) == (409, "SessionConflict")


def test_twenty_same_starts_at_once_start_one_execution(machine: Make) -> None:
    machine("waits")

    answers = at_once(lambda _: start())

    assert {answer.status for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert executions() == ["s-1"]


def test_a_start_that_failed_half_way_goes_on_when_it_is_repeated(machine: Make) -> None:
    machine("waits")
    with unreachable("start_execution"):
        assert start().status == 503
    assert record_of("s-1")["status"] == "queued"

    assert start().status == 202
    assert executions() == ["s-1"]


def test_a_session_that_the_sweep_failed_because_it_never_began_is_started_again(machine: Make) -> None:
    machine("waits")
    never: SessionError = {"type": "ExecutionDoesNotExist", "message": "it never began"}
    with unreachable("start_execution"):
        start()
    close(Table("sessions-test"), record_of("s-1"), arn_of("s-1"), Status.FAILED, lambda _: never)

    assert start().json["status"] == "queued"
    assert executions() == ["s-1"]
    assert "error" not in record_of("s-1")


def test_an_execution_that_is_the_sessions_own_but_ended_already_is_no_conflict(machine: Make) -> None:
    machine("fails")
    start()

    assert start().status == 202


def test_a_name_that_another_sessions_execution_has_is_409_and_leaves_no_record(machine: Make) -> None:
    arn = machine("waits")
    other = json.dumps({"sessionId": "another", **RECIPE})
    aws.stepfunctions().start_execution(stateMachineArn=arn, name="s-1", input=other)

    answer = start()

    assert (answer.status, answer.code) == (409, "SessionConflict")
    assert record_of("s-1") is None


def test_cancelling_stops_the_execution_and_may_be_repeated(machine: Make) -> None:
    machine("waits")
    start()
    begun(arn_of("s-1"))

    assert cancel().json == {"sessionId": "s-1", "status": "queued"}
    ended(arn_of("s-1"), "ABORTED")
    assert cancel().status == 202
    close(Table("sessions-test"), record_of("s-1"), arn_of("s-1"), Status.CANCELLED, lambda _: None)
    assert cancel().json == {"sessionId": "s-1", "status": "cancelled"}


def test_cancelling_what_never_began_ends_it_at_once(machine: Make) -> None:
    machine("waits")
    with unreachable("start_execution"):
        start()

    assert cancel().json["status"] == "cancelled"
    assert record_of("s-1")["error"] == {"type": "Cancelled", "message": "cancelled through the API"}


@pytest.mark.parametrize("status", ["completed", "failed", "expired"])
def test_what_has_ended_cannot_be_cancelled(machine: Make, status: str) -> None:
    session("s-1", status=status)

    answer = cancel()

    assert (answer.status, answer.code) == (409, "SessionEnded")
    assert record_of("s-1")["status"] == status


@pytest.mark.parametrize("module", ["cancel_session", "retry_session", "send_signal"])
def test_what_does_not_exist_is_404(machine: Make, module: str) -> None:
    machine("waits")

    answer = call(module, path={"sessionId": "nobody", "name": "approve"})

    assert (answer.status, answer.code) == (404, "UnknownSession")


def test_a_retry_runs_a_failed_session_on_with_the_same_input(machine: Make) -> None:
    machine("fails")
    start(RECIPE | {"sessionId": "s-1"})
    entries = {
        "OrchestrateSession": {"status": StepStatus.SUCCEEDED, "attempt": 1, "startedAt": "x"},
        "GenerateRecipe": {"status": StepStatus.FAILED, "attempt": 2, "startedAt": "x"},
    }
    session_row = record_of("s-1")
    aws.dynamodb().delete_item(TableName="sessions-test", Key={"sessionId": {"S": "s-1"}})
    session("s-1", steps=entries, inputHash=session_row["inputHash"])
    failed()

    answer = retry()

    assert answer.json == {"sessionId": "s-1", "status": "processing"}
    assert json.loads(execution("s-1-2")["input"]) == {"sessionId": "s-1", **RECIPE}
    record = record_of("s-1")
    assert (record["attempt"], record["executionArn"]) == (2, arn_of("s-1-2"))
    assert record["steps"] == entries


def test_a_session_that_was_started_elsewhere_is_retried_too(machine: Make) -> None:
    arn = machine("fails")
    aws.stepfunctions().start_execution(stateMachineArn=arn, name="by-cli", input=json.dumps(RECIPE))
    session("by-cli", executionArn=arn_of("by-cli"))
    failed("by-cli")

    assert retry("by-cli").status == 202
    assert json.loads(execution("by-cli-2")["input"]) == {"sessionId": "by-cli", **RECIPE}


def test_a_retry_that_failed_half_way_goes_on_when_it_is_repeated(machine: Make) -> None:
    machine("fails")
    start()
    failed()
    with unreachable("start_execution"):
        assert retry().status == 503

    assert retry().status == 202
    assert executions() == ["s-1", "s-1-2"]
    assert record_of("s-1")["attempt"] == 2


def test_a_retry_that_never_began_can_be_retried_with_the_first_input(machine: Make) -> None:
    machine("fails")
    start()
    failed()
    with unreachable("start_execution"):
        retry()
    failed()

    assert retry().status == 202
    assert executions() == ["s-1", "s-1-3"]


@pytest.mark.parametrize("status", ["processing", "waiting", "completed", "expired", "cancelled"])
def test_only_a_failed_session_can_be_retried(machine: Make, status: str) -> None:
    machine("fails")
    session("s-1", status=status)

    answer = retry()

    assert (answer.status, answer.code) == (409, "NotRetryable")
    assert status in answer.json["error"]["message"]


def test_a_compensated_session_cannot_be_retried(machine: Make) -> None:
    machine("fails")
    start()
    failed(compensation="done")

    answer = retry()

    assert (answer.status, answer.code) == (409, "NotRetryable")
    assert executions() == ["s-1"]


def test_a_session_whose_input_nobody_keeps_cannot_be_retried(machine: Make) -> None:
    machine("fails")
    session("s-1")
    failed()

    answer = retry()

    assert (answer.status, answer.code) == (409, "InputUnknown")
    assert record_of("s-1")["status"] == "failed"


def test_a_retry_whose_name_is_taken_takes_the_next_one_when_repeated(machine: Make) -> None:
    machine("fails")
    start()
    failed()
    start({"sessionId": "s-1-2", **RECIPE})

    answer = retry()

    assert (answer.status, answer.code) == (409, "ExecutionAlreadyExists")
    assert retry().status == 202
    assert executions() == ["s-1", "s-1-2", "s-1-3"]
    assert len(every_row("sessions-test")) == 2
