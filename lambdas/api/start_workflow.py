"""POST /workflows/{workflow}/start: starts a session, or finds the one that the same request has started before."""

import uuid
from importlib import import_module

from pydantic import Json as JsonText
from pydantic.alias_generators import to_pascal

from api.http import Refusal, Request, Response, as_json, endpoint
from core.errors import InvalidInput
from core.executions import execution_arn, input_hash, session_id_of
from core.models import WorkflowInput, validated
from core.record import Table, new_record
from core.rows import Json
from core.settings import Settings, load
from core.starts import start_session


class MachineSettings(Settings):
    """What this route reads. `state_machines`: JSON, from a workflow's name to its ARN."""

    state_machines: JsonText[dict[str, str]]


@endpoint
def handler(request: Request) -> Response:
    """Queue the session, then start its execution. Where that fails in between, the same request goes on from there."""
    settings = load(MachineSettings)
    workflow = request.path["workflow"]
    machine = settings.state_machines.get(workflow)
    if machine is None:
        known = ", ".join(sorted(settings.state_machines))
        raise Refusal(404, "UnknownWorkflow", f"There is no workflow of this name. There are: {known}.")
    raw, table = request.json_object(), Table(settings.sessions_table)
    session_id = session_id_of(raw, f"sess_{uuid.uuid4().hex}")
    owner = _validated(input_of(workflow), raw, table, session_id).owner
    arn = execution_arn(machine, session_id)
    fresh = new_record(session_id, workflow, arn, input_hash(raw), "queued", owner)
    record = start_session(table, fresh, raw)
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


def input_of(workflow: str) -> type[WorkflowInput]:
    """The model of a workflow's input, by its name: OrderInput in order.models."""
    package = workflow.replace("-", "_")
    model: type[WorkflowInput] = getattr(import_module(f"{package}.models"), f"{to_pascal(package)}Input")
    return model
