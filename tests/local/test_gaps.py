"""Each gap that local/gaps closes: closed in the local cloud, and still open in MiniStack as it is.

When a test named `test_ministack_…` fails, MiniStack has closed the gap: remove the fix with its tests.
"""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from local.gaps.invocations import TASK_SLOTS
from tests.local.conftest import Lab
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("local_cloud")

WAIT: dict[str, object] = {"Type": "Wait", "Seconds": 60}
SHORT_WAIT: dict[str, object] = {"Type": "Wait", "Seconds": 2}


def start_many(lab: Lab, count: int, event: dict[str, object]) -> list[str]:
    machine = lab.worker_machine
    with ThreadPoolExecutor(20) as starters:
        return list(starters.map(lambda _: lab.start(machine, event), range(count)))


def test_a_hundred_sessions_started_at_once_all_succeed_in_a_few_processes(closed: Lab) -> None:
    outputs = [closed.output(execution) for execution in start_many(closed, 100, {})]

    assert len(outputs) == 100
    assert len({output["pid"] for output in outputs}) <= TASK_SLOTS


def test_ministack_boots_a_process_for_each_concurrent_invocation(plain: Lab) -> None:
    count = TASK_SLOTS + 2

    outputs = [plain.output(execution) for execution in start_many(plain, count, {"sleep": 1})]

    assert len({output["pid"] for output in outputs}) == count


def test_a_lambda_called_by_another_path_runs_while_tasks_hold_every_slot(closed: Lab) -> None:
    other = closed.function("other")
    executions = start_many(closed, TASK_SLOTS, {"sleep": 3})

    closed.invoke(other, {})

    assert {closed.status(execution) for execution in executions} == {"RUNNING"}


def test_a_repeated_start_returns_the_execution_that_runs(closed: Lab) -> None:
    machine, name = closed.machine(WAIT), uuid.uuid4().hex

    first = closed.start(machine, {"a": 1}, name)

    assert closed.start(machine, {"a": 1}, name) == first


def test_ministack_refuses_a_repeated_start(plain: Lab) -> None:
    machine, name = plain.machine(WAIT), uuid.uuid4().hex
    plain.start(machine, {"a": 1}, name)

    with pytest.raises(plain.stepfunctions.exceptions.ExecutionAlreadyExists):
        plain.start(machine, {"a": 1}, name)


def test_a_repeated_start_with_other_input_is_refused(closed: Lab) -> None:
    machine, name = closed.machine(WAIT), uuid.uuid4().hex
    closed.start(machine, {"a": 1}, name)

    with pytest.raises(closed.stepfunctions.exceptions.ExecutionAlreadyExists):
        closed.start(machine, {"a": 2}, name)


def test_a_repeated_start_after_the_end_is_refused(closed: Lab) -> None:
    machine, name = closed.machine({"Type": "Pass"}), uuid.uuid4().hex
    closed.output(closed.start(machine, {"a": 1}, name))

    with pytest.raises(closed.stepfunctions.exceptions.ExecutionAlreadyExists):
        closed.start(machine, {"a": 1}, name)


def stop_before_its_task_fails(lab: Lab) -> str:
    execution = lab.start(lab.worker_machine, {"sleep": 2, "fail": "after the stop"})
    eventually(lambda: "TaskScheduled" in lab.history(execution))
    lab.stepfunctions.stop_execution(executionArn=execution)
    return execution


def test_a_stopped_execution_stays_aborted_when_its_task_fails_later(closed: Lab) -> None:
    execution = stop_before_its_task_fails(closed)

    # When this later execution ends, the first one's task has failed.
    closed.output(closed.start(closed.worker_machine, {"sleep": 3}))

    assert closed.status(execution) == "ABORTED"
    assert closed.history(execution)[-1] == "ExecutionAborted"


def test_ministack_turns_a_stopped_execution_into_a_failed_one(plain: Lab) -> None:
    execution = stop_before_its_task_fails(plain)

    eventually(lambda: plain.status(execution) == "FAILED")


def test_an_execution_that_outlives_its_machines_timeout_times_out(closed: Lab) -> None:
    closed.watch_status_events()
    execution = closed.start(closed.machine(WAIT, TimeoutSeconds=1))

    eventually(lambda: closed.status(execution) == "TIMED_OUT")

    assert closed.history(execution)[-1] == "ExecutionTimedOut"
    event = closed.status_event(execution, "TIMED_OUT")
    assert (event["error"], event["cause"]) == (None, None)


def test_an_execution_within_its_machines_timeout_succeeds(closed: Lab) -> None:
    closed.output(closed.start(closed.machine({"Type": "Pass"}, TimeoutSeconds=1)))


def test_ministack_ignores_a_machines_timeout(plain: Lab) -> None:
    plain.output(plain.start(plain.machine(SHORT_WAIT, TimeoutSeconds=1)))


def stop_with_a_reason(lab: Lab) -> tuple[str | None, str | None]:
    lab.watch_status_events()
    execution = lab.start(lab.machine(WAIT))
    lab.stepfunctions.stop_execution(executionArn=execution, error="Cancelled", cause="by the customer")
    event = lab.status_event(execution, "ABORTED")
    return event["error"], event["cause"]


def test_the_status_event_of_a_stopped_execution_says_why(closed: Lab) -> None:
    assert stop_with_a_reason(closed) == ("Cancelled", "by the customer")


def test_ministack_leaves_the_reason_of_a_stop_out_of_the_status_event(plain: Lab) -> None:
    assert stop_with_a_reason(plain) == (None, None)


def test_the_status_event_of_a_failed_execution_carries_the_lambdas_error(closed: Lab) -> None:
    closed.watch_status_events()
    execution = closed.start(closed.worker_machine, {"fail": "no recipe fits"})

    event = closed.status_event(execution, "FAILED")

    assert event["error"] == "ValueError"
    assert "no recipe fits" in event["cause"]


def send_to_a_queue_that_wants_encryption(lab: Lab) -> str:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    name, policy = uuid.uuid4().hex, json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    queue = lab.sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    sqs = boto3.client("sqs", **lab.user("sqs:SendMessage", "*"))
    return sqs.send_message(QueueUrl=queue, MessageBody="hello")["MessageId"]


def test_a_queue_that_wants_encryption_takes_requests(closed: Lab) -> None:
    assert send_to_a_queue_that_wants_encryption(closed)


def test_ministack_refuses_requests_to_a_queue_that_wants_encryption(plain: Lab) -> None:
    with pytest.raises(plain.sqs.exceptions.ClientError, match="explicit deny"):
        send_to_a_queue_that_wants_encryption(plain)


def reported_memory(lab: Lab, megabytes: int) -> list[int]:
    """What the REPORT lines of a new Lambda say was used, in MB: while it holds so much, and once it has let go."""
    name = uuid.uuid4().hex
    function, logs = lab.function(name), boto3.client("logs", **lab.cloud.connection())
    for held in (megabytes, 0):
        lab.invoke(function, {"megabytes": held})

    def reports() -> list[int]:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="REPORT")["events"]
        return [int(event["message"].rpartition("Max Memory Used: ")[2].split()[0]) for event in events]

    eventually(lambda: len(reports()) == 2)
    return reports()


def test_a_lambda_is_reported_to_have_used_the_most_memory_that_its_process_held(closed: Lab) -> None:
    for used in reported_memory(closed, 200):
        assert 200 * 1_000_000 >> 20 < used < 300


def test_ministack_reports_no_memory_of_a_process_that_still_runs(plain: Lab) -> None:
    assert max(reported_memory(plain, 300)) < 200
