"""POST /workflows/{workflow}/start: starts a session, or finds the one that the same request has started before.

A workflow with a queue in front of it is started by its queue. With `?wait=true` the answer is the session as it ended,
where it may be waited for and ends in time.
"""

import json
import time
import uuid
from importlib import import_module

from pydantic import Field
from pydantic import Json as JsonText
from pydantic.alias_generators import to_pascal

from api.http import Refusal, Request, Response, as_json, endpoint
from api.models import StartQuery
from api.sessions import with_result
from core import aws
from core.clock import ahead
from core.errors import InvalidInput
from core.executions import execution_arn, input_hash, session_id_of
from core.files import FileSettings, files
from core.models import WorkflowInput, validated
from core.record import ENDED, Record, Table, new_record
from core.rows import Json
from core.settings import load
from core.starts import enqueue, start_session

# A start message is tried three times in nine minutes; after this a session that did not begin counts as failed, until
# its message comes all the same.
_QUEUED_SECONDS = 60 * 60
# API Gateway gives up after 29 s.
_WAIT_SECONDS = 24.0
_POLL_SECONDS = 0.25


class StartSettings(FileSettings):
    """What this route reads. Both JSON, by a workflow's name: its machine's ARN, and the URL of the queue that its
    starts wait in, where it has one.
    """

    state_machines: JsonText[dict[str, str]]
    start_queues: JsonText[dict[str, str]]
    results_table: str = Field(min_length=1)


@endpoint
def handler(request: Request) -> Response:
    """Queue the session, then start its execution. Where that fails in between, the same request goes on from there."""
    settings = load(StartSettings)
    workflow = request.path["workflow"]
    machine = settings.state_machines.get(workflow)
    if machine is None:
        known = ", ".join(sorted(settings.state_machines))
        raise Refusal(404, "UnknownWorkflow", f"There is no workflow of this name. There are: {known}.")
    raw, table = request.json_object(), Table(settings.sessions_table)
    session_id = session_id_of(raw, f"sess_{uuid.uuid4().hex}")
    given = _validated(input_of(workflow), raw, table, session_id)
    wait = validated(StartQuery, dict(request.query)).wait
    if wait and not given.may_be_awaited:
        raise InvalidInput([("wait", "this takes too long to wait for: start it, and look at the session or watch it")])
    raw = _parked(raw, given)
    arn = execution_arn(machine, session_id)
    fresh = new_record(session_id, workflow, arn, input_hash(raw), "queued", given.owner)
    queue = settings.start_queues.get(workflow)
    record = start_session(table, fresh, raw) if queue is None else _queue(table, fresh, raw, queue)
    if wait:
        record = _awaited(table, record)
        if record["status"] in ENDED:
            return as_json(200, with_result(record, settings.results_table))
    path = f"/sessions/{session_id}"
    return as_json(
        202,
        {
            "sessionId": session_id,
            "executionArn": record["executionArn"],
            "status": record["status"],
            "links": {"self": path, "cancel": f"{path}/cancel"},
        },
    )


def _validated(model: type[WorkflowInput], raw: Json, table: Table, session_id: str) -> WorkflowInput:
    """The input; that of a session which is there already as it was when that began. Raises InvalidInput."""
    try:
        return validated(model, raw)
    except InvalidInput:
        there = table.get(session_id)
        if there is None:
            raise
        return validated(model, raw, sent_at=there["createdAt"])


def _parked(raw: Json, given: WorkflowInput) -> Json:
    """The input with keys of files in place of long texts: what travels through queues and states is short."""
    for field, key in given.parked.items():
        if raw.get(field) is not None:
            raw = {name: value for name, value in raw.items() if name != field} | {key: files().park(raw[field])}
    return raw


def _queue(table: Table, fresh: Record, raw: Json, queue: str) -> Record:
    """Queues a session, and tells the Lambda behind the queue to start it; telling it twice starts it once."""
    to_start, record = enqueue(table, {**fresh, "queuedUntil": ahead(_QUEUED_SECONDS)})
    if to_start:
        message = json.dumps({"start": {"sessionId": fresh["sessionId"], "input": raw}})
        aws.sqs().send_message(QueueUrl=queue, MessageBody=message)
    return record


def _awaited(table: Table, record: Record) -> Record:
    """The record once the session has ended, or time is up."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while record["status"] not in ENDED and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        record = table.get(record["sessionId"]) or record
    return record


def input_of(workflow: str) -> type[WorkflowInput]:
    """The model of a workflow's input, by its name: OrderInput in order.models."""
    package = workflow.replace("-", "_")
    model: type[WorkflowInput] = getattr(import_module(f"{package}.models"), f"{to_pascal(package)}Input")
    return model
