"""Sessions whose Lambdas' events are kept, to be sent again to each Lambda by itself."""

import json
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from local.bench.figures import Write
from local.bench.lambdas import Function, Lambdas
from local.bench.machines import Machines
from local.bench.sessions import WAIT_SECONDS, Sessions
from local.cloud import Cloud, LocalError
from local.demo import DELIVERING, sample_of

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})


@dataclass(frozen=True)
class Recording:
    """A session of a workflow: its id, its machine, and for each of its Lambdas, in order, what that was sent."""

    session_id: str
    machine: str
    calls: tuple[tuple[Function, Any], ...]

    def sends(self, module: str) -> bool:
        """Whether one of its Lambdas is this."""
        return any(function.module == module for function, _ in self.calls)

    def again(self) -> Iterator[tuple[Function, Any]]:
        """The recorded calls, of a new session."""
        session_id = f"bench-{uuid.uuid4().hex}"
        for function, event in self.calls:
            yield function, json.loads(json.dumps(event).replace(self.session_id, session_id))


class Recorder:
    """Records sessions on one cloud, and answers what they ask."""

    def __init__(self, cloud: Cloud, lambdas: Lambdas, machines: Machines) -> None:
        self._lambdas, self._machines = lambdas, machines
        self._sessions = Sessions(cloud)
        self._stepfunctions = boto3.client("stepfunctions", **cloud.connection())
        tables = boto3.resource("dynamodb", **cloud.connection())
        self._records, self._callbacks = tables.Table("sessions-local"), tables.Table("callbacks-local")

    def record(self, deployed: Mapping[str, str], callback_url: str) -> list[Recording]:
        """Record one session of each workflow; of one that asks, one for each answer.

        deployed: the state machines' ARNs by their workflows' names. callback_url: where results are delivered.
        Raises LocalError when a session does not succeed.
        """
        recordings = []
        for workflow, machine in deployed.items():
            recording = self._machines.recording(machine)
            sample = sample_of(workflow) | ({"callback_url": callback_url} if workflow in DELIVERING else {})
            answers: list[str | None] = [None]
            for answer in answers:  # grows: the first session tells which answers there are
                execution = self._sessions.start(recording, sample)
                accepts = self._answer(execution, answer)
                answers += accepts[1:] if answer is None else []
                session_id = self._sessions.succeeded(execution)["name"]
                calls = self._machines.calls(session_id)
                recordings.append(Recording(session_id, machine, tuple(map(self._call, calls))))
        return recordings

    def _call(self, call: Mapping[str, Any]) -> tuple[Function, Any]:
        return self._lambdas.by_arn[call["function"]], call["event"]

    def _answer(self, execution: str, answer: str | None) -> list[str]:
        """Give this answer to what the session asks, None for the first it accepts, and return all that it accepts;
        nothing if it ends without asking.

        The answer is sent by hand: what delivers decisions may answer to the app's own machines only.
        """
        key = {"sessionId": execution.rpartition(":")[2]}
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            record: Mapping[str, Any] = self._records.get_item(Key=key).get("Item", {})
            if waiting := record.get("waitingFor"):
                row: Mapping[str, Any] = self._callbacks.get_item(Key={"callbackId": waiting["callbackId"]})["Item"]
                decision = {"action": answer or row["accepts"][0], "by": "bench", "at": record["updatedAt"]}
                output = json.dumps(decision | {"comment": None, "payload": None})
                self._stepfunctions.send_task_success(taskToken=row["token"], output=output)
                return [str(action) for action in row["accepts"]]
            if self._stepfunctions.describe_execution(executionArn=execution)["status"] != "RUNNING":
                return []
            time.sleep(0.05)
        raise LocalError(f"{execution} has neither asked nor ended within {WAIT_SECONDS} s.")


def replay(recordings: Sequence[Recording]) -> Iterator[tuple[Function, Any, bool]]:
    """The recorded calls of a new session for each recording, to be made before the next is asked for; with each,
    whether its Lambda came before, in another session."""
    known: set[str] = set()
    for recording in recordings:
        for function, event in recording.again():
            yield function, event, function.arn in known
        known |= {function.arn for function, _ in recording.calls}


def writes(lambdas: Lambdas, recordings: Sequence[Recording]) -> list[Write]:
    """What each step writes to DynamoDB, refused writes included."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "requests.json")
        for function, event, known in replay(recordings):
            lambdas.run(function, event, str(report))
            found += [
                Write(function.name, request["operation"], str(request["table"]), request["bytes"])
                for request in json.loads(report.read_text())
                if request["operation"] in WRITES and not known
            ]
    return found
