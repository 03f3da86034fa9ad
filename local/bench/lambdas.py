"""The app's Lambdas, one by one, each in a fresh process with an event it would really get.

They are found in the local cloud and known by no name: the steps of a workflow by a recorded session of it, the
others by the rules that have them as a target.
"""

import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from local.bench.figures import Write
from local.bench.machines import HERE, Machines
from local.bench.sessions import Sessions
from local.cloud import ROOT, Cloud, LocalError, caller_environment
from local.demo import sample_of

LAMBDAS = ROOT / "lambdas"
FRESH = HERE / "fresh.py"
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})


@dataclass(frozen=True)
class Function:
    """A Lambda: its name, its handler's module, and environment variables; `folder` is what it is imported from."""

    name: str
    arn: str
    module: str
    environment: Mapping[str, str]
    folder: Path


@dataclass(frozen=True)
class Recording:
    """A session of a workflow: its id, its machine, and for each of its Lambdas, in order, what that was sent."""

    session_id: str
    machine: str
    calls: tuple[tuple[Function, Any], ...]


class Lambdas:
    """The Lambdas of the app that a cloud holds."""

    def __init__(self, cloud: Cloud) -> None:
        """Take note of every Lambda there is; call it before the bench adds its own."""
        self._cloud = cloud
        self._client = boto3.client("lambda", **cloud.connection())
        self._events = boto3.client("events", **cloud.connection())
        pages = self._client.get_paginator("list_functions").paginate()
        self._by_arn = {
            found["FunctionArn"]: _function(found, LAMBDAS) for page in pages for found in page["Functions"]
        }

    def record(self, machines: Machines, deployed: Mapping[str, str]) -> list[Recording]:
        """Run one session of each workflow, and keep what its Lambdas are sent.

        deployed: the state machines' ARNs by their workflows' names.
        Raises LocalError when a session does not succeed.
        """
        sessions = Sessions(self._cloud)
        recordings = []
        for workflow, machine in deployed.items():
            execution = sessions.start(machines.recording(machine), sample_of(workflow))
            session_id = sessions.succeeded(execution)["name"]
            calls = [(self._by_arn[call["function"]], call["event"]) for call in machines.calls(session_id)]
            recordings.append(Recording(session_id, machine, tuple(calls)))
        return recordings

    def bare(self) -> tuple[Function, Any]:
        """The bare Lambda and an event for it."""
        found = self._client.get_function_configuration(FunctionName="bare-1")
        return _function(found, HERE), {"sessionId": "bench-fresh"}

    def walk(self, recordings: list[Recording]) -> Iterator[tuple[Function, Any]]:
        """Each Lambda of the app with its event, to be invoked before the next is asked for: of each workflow, the
        steps of a new session in order; then what no workflow owns, after a session that its first step began.

        Raises LocalError when it is not known what a Lambda is sent.
        """
        for recording in recordings:
            yield from _again(recording)
        steps = {function.arn for recording in recordings for function, _ in recording.calls}
        for arn, function in self._by_arn.items():
            if arn not in steps:
                yield function, self._event(function, recordings[0])

    def run(self, function: Function, event: Any, *arguments: str) -> float:
        """The seconds from starting a Python process until it has imported the Lambda's module and invoked it.

        Raises LocalError when the Lambda fails.
        """
        environment = caller_environment() | self._cloud.environment() | dict(function.environment)
        environment |= {"PYTHONPATH": str(function.folder), "AWS_LAMBDA_FUNCTION_NAME": function.name}
        # By number, as the Lambdas of the local cloud: looking up a name would be time that is not theirs.
        environment["AWS_ENDPOINT_URL"] = self._cloud.connection()["endpoint_url"]
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-P", FRESH, function.module, *arguments],
            input=json.dumps(event),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise LocalError(f"{function.name} failed in a fresh process: {done.stderr.strip()}")
        return seconds

    def writes(self, recordings: list[Recording]) -> list[Write]:
        """What each step of a session writes to DynamoDB, refused writes included."""
        writes = []
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "requests.json")
            for recording in recordings:
                for function, event in _again(recording):
                    self.run(function, event, str(report))
                    writes += [
                        Write(function.name, request["operation"], str(request["table"]), request["bytes"])
                        for request in json.loads(report.read_text())
                        if request["operation"] in WRITES
                    ]
        return writes

    def _event(self, function: Function, recording: Recording) -> Any:
        rules = self._events.list_rule_names_by_target(TargetArn=function.arn)["RuleNames"]
        for rule in map(self._describe_rule, rules):
            if "ScheduleExpression" in rule:
                return _scheduled(rule["Arn"])
            if "Step Functions Execution Status Change" in rule.get("EventPattern", ""):
                return self._aborted(recording)
        raise LocalError(f"Nothing says what {function.name} is sent; say it in local/bench/lambdas.py.")

    def _describe_rule(self, name: str) -> Mapping[str, Any]:
        return self._events.describe_rule(Name=name)

    def _aborted(self, recording: Recording) -> Any:
        """The status event of an execution that was stopped after its first step.

        https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        first, event = next(_again(recording))
        answer = self._client.invoke(FunctionName=first.arn, Payload=json.dumps(event).encode())
        if "FunctionError" in answer:
            raise LocalError(f"{first.name} failed: {answer['Payload'].read().decode()}")
        now = int(time.time() * 1000)
        detail = {
            "executionArn": event["execution"]["id"],
            "stateMachineArn": recording.machine,
            "name": event["execution"]["name"],
            "status": "ABORTED",
            "startDate": now,
            "stopDate": now,
            "input": json.dumps(event["input"]),
            "inputDetails": {"included": True},
            "output": None,
            "outputDetails": None,
            "error": None,
            "cause": None,
        }
        return _envelope("aws.states", "Step Functions Execution Status Change", event["execution"]["id"], detail)


def _again(recording: Recording) -> Iterator[tuple[Function, Any]]:
    """The recorded calls, of a new session."""
    session_id = f"bench-{uuid.uuid4().hex}"
    for function, event in recording.calls:
        yield function, json.loads(json.dumps(event).replace(recording.session_id, session_id))


def _function(found: Mapping[str, Any], folder: Path) -> Function:
    return Function(
        found["FunctionName"],
        found["FunctionArn"],
        found["Handler"].removesuffix(".handler"),
        found["Environment"]["Variables"],
        folder,
    )


def _scheduled(rule: str) -> Any:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-scheduled-events.html"""
    return _envelope("aws.events", "Scheduled Event", rule, {})


def _envelope(source: str, kind: str, resource: str, detail: Mapping[str, Any]) -> Any:
    _, _, _, region, account, _ = resource.split(":", 5)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "source": source,
        "detail-type": kind,
        "account": account,
        "region": region,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "resources": [resource],
        "detail": detail,
    }
