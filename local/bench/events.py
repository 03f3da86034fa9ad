"""What the Lambdas that are no steps are sent: requests of the API, changes of tables, notifications, events.

They are of sessions that are really there, so that each Lambda does what it is for.
"""

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import boto3

from local.bench import requests
from local.bench.approvals import Approvals, session_of
from local.bench.envelopes import arn, change, envelope, message
from local.bench.lambdas import Function, Lambdas
from local.bench.recordings import Recording
from local.bench.sessions import Sessions
from local.cloud import Cloud, LocalError
from local.deploy import execution_of
from local.inputs import later, sample_of
from local.watch import watch_url

STARTED = "ai-chef"  # what the API is asked to start: it ends by itself
NOVELS = "novel-analysis"


class Events:
    """Makes events on one cloud."""

    def __init__(self, cloud: Cloud, lambdas: Lambdas, deployed: Mapping[str, str]) -> None:
        self._cloud, self._lambdas, self._deployed = cloud, lambdas, deployed
        self._approvals = Approvals(cloud, deployed["order"])
        self._sessions = Sessions(cloud)
        self._functions = boto3.client("lambda", **cloud.connection())
        self._tables = boto3.client("dynamodb", **cloud.connection())
        self._sqs = boto3.client("sqs", **cloud.connection())

    def walk(self, recordings: Sequence[Recording]) -> Iterator[tuple[Function, Any]]:
        """Each Lambda of the app that is no step, with its event, to be invoked before the next is asked for.

        Raises LocalError when it is not known what a Lambda is sent.
        """
        functions = {function.module: function for function in self._lambdas.by_arn.values()}
        left = functions.keys() - {function.module for recording in recordings for function, _ in recording.calls}
        [delivered] = [recording for recording in recordings if recording.sends("matching.deliver_result")]
        sessions = self._of_sessions(), self._of_approvals(), self._of_novels(), self._of_progress()
        others = self._of_operations(recordings[0]), self._of_deliveries(delivered), self._of_the_bus()
        for part in (*sessions, *others):
            for module, event in part:
                left -= {module}
                yield functions[module], event
        if left:
            raise LocalError(f"Nothing says what {', '.join(sorted(left))} is sent; say it in local/bench/events.py.")

    def _of_operations(self, recording: Recording) -> Iterator[tuple[str, Any]]:
        yield "operations.sweep_sessions", envelope("aws.events", "Scheduled Event", {}, arn("events", "rule/sweep"))
        yield "operations.reconcile_session", self._aborted(recording)
        yield "operations.send_notification", _notification()
        yield "api.get_openapi", requests.get("/openapi.json")

    def _of_sessions(self) -> Iterator[tuple[str, Any]]:
        """Sessions are started, shown, listed, and one that failed is retried."""
        session_id, machine = f"bench-{uuid.uuid4().hex}", self._deployed[STARTED]
        body = {"sessionId": session_id, **sample_of(STARTED)}
        yield "api.start_workflow", requests.post("/workflows/{workflow}/start", body, workflow=STARTED)
        self._sessions.succeeded(execution_of(machine, session_id))
        yield "api.get_session", requests.get("/sessions/{sessionId}", sessionId=session_id)
        yield "api.list_sessions", requests.get("/sessions", query={"workflow": STARTED, "status": "completed"})
        yield "api.batch_sessions", requests.post("/sessions/batch", {"sessionIds": [session_id, "none"]})
        failed = session_of(self._sessions.start(machine, {"profile": {}}))
        self._approvals.until([failed], "failed")
        yield "api.retry_session", requests.post("/sessions/{sessionId}/retry", sessionId=failed)
        self._approvals.until([failed], "failed")

    def _of_approvals(self) -> Iterator[tuple[str, Any]]:
        """Of three orders that wait, one is approved through its link, one by a signal, and one is cancelled."""
        executions = self._approvals.start(3)
        linked, signalled, cancelled = map(session_of, executions)
        links = self._approvals.links([linked, signalled, cancelled])
        self._deliver_changes(on=False)
        yield "api.show_approval", requests.opened(links[linked])
        yield "api.decide_approval", requests.opened(links[linked], action="approve", comment="Fine")
        yield "operations.deliver_decision", self._decided(linked)
        self._sessions.succeeded(executions[0])
        yield "api.answer_callback", requests.webhook(self._cloud, signalled)
        signal = {"sessionId": signalled, "name": "approve"}
        yield "api.send_signal", requests.post("/sessions/{sessionId}/signals/{name}", {"by": "bench"}, **signal)
        yield "api.cancel_session", requests.post("/sessions/{sessionId}/cancel", sessionId=cancelled)
        self._approvals.until([cancelled], "cancelled")
        record = self._approvals.records([cancelled])[cancelled]
        yield "order.compensate", change("sessions-local", {"sessionId": record["sessionId"]}, record)
        self._deliver_changes(on=True)
        self._sessions.succeeded(executions[1])

    def _of_novels(self) -> Iterator[tuple[str, Any]]:
        """A novel is uploaded, and another started, whose storyboard is fetched."""
        yield "api.create_upload", requests.post("/uploads")
        session_id = f"bench-{uuid.uuid4().hex}"
        start = {"start": {"sessionId": session_id, "input": sample_of(NOVELS)}}
        yield "novel_analysis.start", message("novel-analysis-events-local", json.dumps(start))
        self._sessions.succeeded(execution_of(self._deployed[NOVELS], session_id))
        yield "api.get_storyboard", requests.get("/sessions/{sessionId}/storyboard", sessionId=session_id)

    def _of_progress(self) -> Iterator[tuple[str, Any]]:
        """Somebody connects, who is gone when the first progress is pushed."""
        execution = self._sessions.start(self._deployed[STARTED], sample_of(STARTED))
        session_id = session_of(self._sessions.succeeded(execution)["executionArn"])
        yield "api.watch_sessions", requests.post("/progress", {"sessionIds": [session_id]})
        url = watch_url(self._cloud, session_id)
        subscribe = json.dumps({"action": "subscribe", "sessionId": session_id})
        yield "progress.authorize_watcher", requests.connected(url)
        yield "progress.admit_watcher", requests.connected(url)
        yield "progress.answer_watcher", requests.connected(url, "$default", subscribe)
        record = self._approvals.records([session_id])[session_id]
        yield "progress.push_progress", change("sessions-local", {"sessionId": record["sessionId"]}, record)
        yield "progress.forget_watcher", requests.connected(url, "$disconnect")

    def _of_deliveries(self, recording: Recording) -> Iterator[tuple[str, Any]]:
        """A result that was not delivered is parked, and delivered later."""
        for function, event in recording.again():
            if function.module == "matching.deliver_result":
                break
            self._lambdas.run(function, event)
        yield "matching.park_delivery", event
        yield "operations.redeliver_result", self._parked()

    def _of_the_bus(self) -> Iterator[tuple[str, Any]]:
        """A practice was completed; what that starts has ended before anything else is measured."""
        yield "skill_sync.start", message("skill-sync-events-local", json.dumps(_practice_completed()))
        self._sessions.until_idle(self._deployed["skill-sync"])

    def _parked(self) -> Any:
        """What was parked last, as the queue that it is redriven to hands it over."""
        url = self._sqs.get_queue_url(QueueName="deliveries-dead-local")["QueueUrl"]
        [parked] = self._sqs.receive_message(QueueUrl=url)["Messages"]
        self._sqs.delete_message(QueueUrl=url, ReceiptHandle=parked["ReceiptHandle"])
        return message("deliveries-local", parked["Body"])

    def _deliver_changes(self, *, on: bool) -> None:
        """Let the cloud deliver the changes of its tables, or keep them, so that only the bench delivers."""
        for mapping in self._functions.list_event_source_mappings()["EventSourceMappings"]:
            if ":dynamodb:" in mapping["EventSourceArn"]:
                self._functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)

    def _decided(self, session_id: str) -> Any:
        """The change of the row of table `callbacks` that holds the decision on what this session asked."""
        waiting = self._approvals.records([session_id])[session_id]["waitingFor"]["M"]
        key = {"callbackId": waiting["callbackId"]}
        row = self._tables.get_item(TableName="callbacks-local", Key=key, ConsistentRead=True)["Item"]
        return change("callbacks-local", key, row)

    def _aborted(self, recording: Recording) -> Any:
        """The status event of an execution that was stopped after its first step.

        https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        first, event = next(recording.again())
        self._lambdas.run(first, event)
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
        return envelope("aws.states", "Step Functions Execution Status Change", detail, event["execution"]["id"])


def _notification() -> Any:
    session_id = f"bench-{uuid.uuid4().hex}"
    body = {
        "audience": "customers",
        "recipient": "bench",
        "workflow": "order",
        "sessionId": session_id,
        "subject": "Your order is confirmed",
        "text": "Thank you.",
    }
    in_order = {"MessageGroupId": session_id, "MessageDeduplicationId": session_id, "SequenceNumber": "1"}
    return message("notifications-local.fifo", json.dumps(body), in_order)


def _practice_completed() -> Any:
    drill = {"drill": "garlands", "area": "edging", "score": 80}
    detail = {
        "userId": f"bench-{uuid.uuid4().hex}",
        "practiceId": f"bench-{uuid.uuid4().hex}",
        "practicedAt": later(0),
        "drills": [drill],
    }
    return envelope("snowboard-teaching", "snowboard.practice.completed", detail)
