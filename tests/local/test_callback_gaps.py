"""Each gap of tasks that wait for an answer: closed in the local cloud, and still open in MiniStack as it is.

When a test named `test_ministack_…` fails, MiniStack has closed the gap: remove the fix with its tests.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Lab
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

pytestmark = pytest.mark.xdist_group("local_cloud")


def asking_machine(lab: Lab, **fields: object) -> str:
    """Its one task gives the worker a task token with the execution's input, and waits for the answer."""
    task: dict[str, object] = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "TimeoutSeconds": 60,
        "Arguments": {
            "FunctionName": lab.worker,
            "Payload": "{% $merge([$states.input, {'token': $states.context.Task.Token}]) %}",
        },
    }
    return lab.machine(task | fields)


def tokens(kept: Path) -> list[str]:
    return kept.read_text().splitlines() if kept.exists() else []


def ask(lab: Lab, kept: Path, event: dict[str, object] | None = None) -> tuple[str, str]:
    """An execution that waits for an answer, and its token."""
    execution = lab.start(asking_machine(lab), {"keep": str(kept), **(event or {})})
    eventually(lambda: bool(tokens(kept)))
    return execution, tokens(kept)[0]


def answer(lab: Lab, token: str, said: str = "yes") -> None:
    lab.stepfunctions.send_task_success(taskToken=token, output=json.dumps(said))


def error_of(lab: Lab, execution: str) -> str | None:
    eventually(lambda: lab.status(execution) != "RUNNING")
    return lab.stepfunctions.describe_execution(executionArn=execution).get("error")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The file in which the worker keeps the tokens it was given, one a line."""
    return tmp_path / "tokens"


def fail_while_asking(lab: Lab, kept: Path, **fields: object) -> str | None:
    event: dict[str, object] = {"keep": str(kept), "fail": "nobody to ask"}
    return error_of(lab, lab.start(asking_machine(lab, **fields), event))


def test_an_error_of_the_asking_lambda_fails_its_task_at_once(closed: Lab, kept: Path) -> None:
    assert fail_while_asking(closed, kept) == "ValueError"


def test_ministack_swallows_an_error_of_the_asking_lambda(plain: Lab, kept: Path) -> None:
    assert fail_while_asking(plain, kept, TimeoutSeconds=1) == "States.Timeout"


RETRY_ONCE = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}]


def test_each_attempt_of_a_task_has_a_token_of_its_own(closed: Lab, kept: Path) -> None:
    fail_while_asking(closed, kept, Retry=RETRY_ONCE)

    first, second = tokens(kept)
    assert first != second


def test_ministack_gives_each_attempt_the_same_token(plain: Lab, kept: Path) -> None:
    fail_while_asking(plain, kept, Retry=RETRY_ONCE, TimeoutSeconds=1)

    first, second = tokens(kept)
    assert first == second


def start_with_a_timeout_of_a_second(lab: Lab) -> str:
    machine = asking_machine(lab, TimeoutSeconds="{% $states.input.seconds %}")
    return lab.start(machine, {"seconds": 1})


def test_the_timeout_of_a_task_may_be_an_expression(closed: Lab) -> None:
    assert error_of(closed, start_with_a_timeout_of_a_second(closed)) == "States.Timeout"


def test_ministack_fails_on_a_timeout_that_is_an_expression(plain: Lab) -> None:
    assert error_of(plain, start_with_a_timeout_of_a_second(plain)) == "States.Runtime"


def test_an_answer_is_the_result_of_its_task(closed: Lab, kept: Path) -> None:
    execution, token = ask(closed, kept)

    answer(closed, token, "yes")

    assert closed.output(execution) == "yes"


def answer_after_the_stop(lab: Lab, kept: Path) -> None:
    execution, token = ask(lab, kept)
    lab.stepfunctions.stop_execution(executionArn=execution)
    answer(lab, token)


def test_a_stopped_execution_takes_no_answer(closed: Lab, kept: Path) -> None:
    with pytest.raises(closed.stepfunctions.exceptions.TaskTimedOut):
        answer_after_the_stop(closed, kept)


def test_ministack_takes_an_answer_for_a_stopped_execution(plain: Lab, kept: Path) -> None:
    answer_after_the_stop(plain, kept)


def test_an_execution_that_has_timed_out_takes_no_answer(closed: Lab, kept: Path) -> None:
    execution = closed.start(asking_machine(closed, TimeoutSeconds=1), {"keep": str(kept)})
    assert error_of(closed, execution) == "States.Timeout"

    with pytest.raises(closed.stepfunctions.exceptions.TaskTimedOut):
        answer(closed, tokens(kept)[0])


def test_a_second_answer_while_the_lambda_still_runs_is_refused_and_the_first_stands(closed: Lab, kept: Path) -> None:
    execution, token = ask(closed, kept, {"sleep": 1})
    answer(closed, token, "first")

    with pytest.raises(closed.stepfunctions.exceptions.TaskTimedOut):
        answer(closed, token, "second")

    assert closed.output(execution) == "first"


def test_ministack_lets_a_second_answer_overwrite_the_first(plain: Lab, kept: Path) -> None:
    execution, token = ask(plain, kept, {"sleep": 1})
    answer(plain, token, "first")

    answer(plain, token, "second")

    assert plain.output(execution) == "second"


def answer_after_the_end(lab: Lab, kept: Path) -> None:
    execution, token = ask(lab, kept)
    answer(lab, token)
    lab.output(execution)
    answer(lab, token)


def test_an_answer_to_a_task_that_has_one_is_told_that_it_is_too_late(closed: Lab, kept: Path) -> None:
    with pytest.raises(closed.stepfunctions.exceptions.TaskTimedOut):
        answer_after_the_end(closed, kept)


def test_ministack_does_not_know_a_task_that_has_been_answered(plain: Lab, kept: Path) -> None:
    with pytest.raises(plain.stepfunctions.exceptions.TaskDoesNotExist):
        answer_after_the_end(plain, kept)


def who_may_answer(lab: Lab, machine: str) -> "SFNClient":
    """The client of a user whose one grant is to answer the tasks of this machine."""
    return boto3.client("stepfunctions", **lab.user("states:SendTaskSuccess", machine))


def machine_of(lab: Lab, execution: str) -> str:
    return lab.stepfunctions.describe_execution(executionArn=execution)["stateMachineArn"]


def test_a_grant_on_a_machine_is_enough_to_answer_its_tasks_and_no_others(closed: Lab, tmp_path: Path) -> None:
    execution, token = ask(closed, tmp_path / "own")
    _, other_token = ask(closed, tmp_path / "other")
    user = who_may_answer(closed, machine_of(closed, execution))

    with pytest.raises(ClientError, match="AccessDenied"):
        user.send_task_success(taskToken=other_token, output="1")
    user.send_task_success(taskToken=token, output="1")

    assert closed.output(execution) == 1


def test_ministack_takes_no_grant_on_a_machine_for_an_answer(plain: Lab, kept: Path) -> None:
    execution, token = ask(plain, kept)
    user = who_may_answer(plain, machine_of(plain, execution))

    with pytest.raises(ClientError, match="AccessDenied"):
        user.send_task_success(taskToken=token, output="1")
