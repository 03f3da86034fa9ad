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
from local.demo import DELIVERING
from local.inputs import fresh_sample, payload_of
from local.watch import ENDED

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
NOBODY = "nobody"
"""In place of an answer: the question's time is over."""
DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Recording:
    """A session of a workflow: its id, its machine, and for each of its Lambdas, in order, what that was sent; of a
    session that went on in a next execution, what came before.
    """

    session_id: str
    machine: str
    calls: tuple[tuple[Function, Any], ...]

    @property
    def called(self) -> set[str]:
        """The ARNs of its Lambdas."""
        return {function.arn for function, _ in self.calls}

    def sends(self, module: str) -> bool:
        """Whether one of its Lambdas is this."""
        return any(function.module == module for function, _ in self.calls)

    def again(self) -> Iterator[tuple[Function, Any]]:
        """The recorded calls, of a new session; their execution stays what it was, for steps may look it up."""
        session_id = f"bench-{uuid.uuid4().hex}"
        for function, event in self.calls:
            given = json.dumps(event["input"]).replace(self.session_id, session_id)
            yield function, {**event, "input": json.loads(given)}


class Recorder:
    """Records sessions on one cloud, and answers what they ask."""

    def __init__(self, cloud: Cloud, lambdas: Lambdas, machines: Machines) -> None:
        self._lambdas, self._machines = lambdas, machines
        self._sessions = Sessions(cloud)
        self._stepfunctions = boto3.client("stepfunctions", **cloud.connection())
        tables = boto3.resource("dynamodb", **cloud.connection())
        self._records, self._callbacks = tables.Table("sessions-local"), tables.Table("callbacks-local")

    def record(self, deployed: Mapping[str, str], callback_url: str) -> list[Recording]:
        """Record sessions of each workflow, as many as it takes to have called each of its Lambdas: of one that asks,
        those that differ in the first answer.

        deployed: the state machines' ARNs by their workflows' names. callback_url: where results are delivered.
        Raises LocalError when a session does not succeed.
        """
        recordings = []
        for workflow, machine in deployed.items():
            copy = self._machines.recording(machine)
            given = {"callback_url": callback_url} if workflow in DELIVERING else {}
            answers: list[str | None] = [None]
            for answer in answers:  # grows: the first session tells which answers there are
                session_id = f"bench-{uuid.uuid4().hex}"
                # A reminder is due long after it was replayed.
                sample = fresh_sample(workflow, session_id, due_seconds=DAY)
                accepts = self._play(workflow, copy, session_id, sample | given, answer)
                answers += [*accepts[1:], NOBODY] if accepts and answer is None else []
                calls = self._machines.calls(session_id)
                recordings.append(Recording(session_id, machine, tuple(map(self._call, calls))))
            self._machines.retire(copy)
        return telling(recordings)

    def _call(self, call: Mapping[str, Any]) -> tuple[Function, Any]:
        return self._lambdas.by_arn[call["function"]], call["event"]

    def _play(
        self, workflow: str, machine: str, session_id: str, given: Mapping[str, Any], answer: str | None
    ) -> list[str]:
        """Run a session, and give this answer to the first that it asks, None for the first it accepts; what it asks
        further is answered so that it ends. Returns all that the first question accepts; nothing if nothing was asked.
        """
        execution = self._stepfunctions.start_execution(
            stateMachineArn=machine, name=session_id, input=json.dumps(given)
        )["executionArn"]
        first: list[str] = []
        answered: set[str] = set()
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if self._stepfunctions.describe_execution(executionArn=execution)["status"] not in ("RUNNING", "SUCCEEDED"):
                break
            record: Mapping[str, Any] = self._records.get_item(Key={"sessionId": session_id}).get("Item", {})
            if record.get("status") in ENDED:
                break
            waiting = record.get("waitingFor")
            if waiting and waiting["step"] not in answered:
                row: Mapping[str, Any] = self._callbacks.get_item(Key={"callbackId": waiting["callbackId"]})["Item"]
                accepts = [str(action) for action in row["accepts"]]
                if answered:
                    action = ending(workflow, accepts)
                else:
                    first, action = accepts, accepts[0] if answer is None else answer
                self._answer(row, action, record["updatedAt"])
                answered.add(waiting["step"])
            time.sleep(0.05)
        else:
            raise LocalError(f"Session {session_id} of {workflow} has not ended within {WAIT_SECONDS} s.")
        self._sessions.succeeded(execution)
        return first

    def _answer(self, row: Mapping[str, Any], action: str, at: str) -> None:
        """Answer a question by hand: what delivers decisions may answer to the app's own machines only."""
        token = row["token"]
        if action == NOBODY:
            self._stepfunctions.send_task_failure(taskToken=token, error="States.Timeout")
            return
        decision = {"action": action, "by": "bench", "at": at, "comment": None}
        payload = payload_of(row["workflow"], action)
        self._stepfunctions.send_task_success(taskToken=token, output=json.dumps(decision | {"payload": payload}))


def ending(workflow: str, accepts: Sequence[str]) -> str:
    """Of what a question accepts, what does not make the session ask it again: what needs no payload, if anything."""
    return next((action for action in accepts if payload_of(workflow, action) is None), accepts[0])


def telling(recordings: Sequence[Recording]) -> list[Recording]:
    """Few that call each Lambda: each that calls one which none that calls more, or as many and came before, called."""
    known: set[str] = set()
    found = []
    for recording in sorted(recordings, key=lambda recording: len(recording.called), reverse=True):
        if not recording.called <= known:
            found.append(recording)
        known |= recording.called
    return [recording for recording in recordings if recording in found]


def replay(recordings: Sequence[Recording]) -> Iterator[tuple[Function, Any, bool]]:
    """The recorded calls of a new session for each recording, to be made before the next is asked for; with each,
    whether its Lambda came before, in another session."""
    known: set[str] = set()
    for recording in recordings:
        for function, event in recording.again():
            yield function, event, function.arn in known
        known |= recording.called


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
