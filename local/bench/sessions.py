"""Sessions on the local cloud, one at a time and many at once."""

import json
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from local.cloud import Cloud, LocalError

WAIT_SECONDS = 300
STARTERS = 8


class Sessions:
    """Starts sessions on one cloud and times them by Step Functions' own clock, from start to stop."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        options = Config(max_pool_connections=STARTERS)
        self._stepfunctions = boto3.client("stepfunctions", config=options, **cloud.connection())
        self._dynamodb = boto3.client("dynamodb", **cloud.connection())

    def start(self, machine: str, sample: Mapping[str, Any]) -> str:
        """Start a session with a new id; its execution's ARN, which ends in that id."""
        session_id = f"bench-{uuid.uuid4().hex}"
        return self._stepfunctions.start_execution(
            stateMachineArn=machine, name=session_id, input=json.dumps({"sessionId": session_id, **sample})
        )["executionArn"]

    def one(self, machine: str, sample: Mapping[str, Any]) -> tuple[float, float]:
        """The seconds that one session takes, and those from entering its first state: MiniStack waits 0.15 s before.

        Raises LocalError when it does not succeed.
        """
        ended = self.succeeded(self.start(machine, sample))
        history = self._stepfunctions.get_execution_history(executionArn=ended["executionArn"])["events"]
        entered = next(event["timestamp"] for event in history if "stateEnteredEventDetails" in event)
        whole, steps = (ended["stopDate"] - began for began in (ended["startDate"], entered))
        return whole.total_seconds(), steps.total_seconds()

    def succeeded(self, execution: str) -> Mapping[str, Any]:
        """The description of the execution once it has succeeded.

        Raises LocalError when it ends otherwise, or not.
        """
        described = self._ended(execution, poll_seconds=0.05)
        if described["status"] != "SUCCEEDED":
            raise LocalError(f"{execution} ended as {described['status']}: {described.get('cause')}")
        return described

    def until_idle(self, machine: str) -> None:
        """Wait until no execution of the machine runs. Raises LocalError when that takes too long."""
        deadline = time.monotonic() + WAIT_SECONDS
        while self._stepfunctions.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
            if time.monotonic() > deadline:
                raise LocalError(f"Executions of {machine} still run after {WAIT_SECONDS} s.")
            time.sleep(0.05)

    def many(self, machine: str, sample: Mapping[str, Any], count: int) -> tuple[float, float, list[str]]:
        """The seconds from the first start until the last of `count` sessions has ended, the processor seconds that
        the cloud used meanwhile, and the ids of the sessions that succeeded."""
        began, used = time.time(), self._cloud.processor_seconds()
        with ThreadPoolExecutor(STARTERS) as starters:
            executions = list(starters.map(lambda _: self.start(machine, sample), range(count)))
        # The last to start is the first to ask about: polling all would slow down what is measured.
        described = [self._ended(execution, poll_seconds=0.2) for execution in reversed(executions)]
        seconds = max(each["stopDate"].timestamp() for each in described) - began
        used = self._cloud.processor_seconds() - used
        return seconds, used, [each["name"] for each in described if each["status"] == "SUCCEEDED"]

    def completed(self, session_ids: list[str]) -> int:
        """How many of these sessions' records say `completed`."""
        records = (
            self._dynamodb.get_item(TableName="sessions-local", Key={"sessionId": {"S": session_id}})
            for session_id in session_ids
        )
        return sum(record.get("Item", {}).get("status") == {"S": "completed"} for record in records)

    def _ended(self, execution: str, *, poll_seconds: float) -> Mapping[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            described = self._stepfunctions.describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                return described
            time.sleep(poll_seconds)
        raise LocalError(f"{execution} has not ended within {WAIT_SECONDS} s.")
