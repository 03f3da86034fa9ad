"""Run a workflow on its sample input, follow its session and print the result."""

import json
import shlex
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from local import matches, orders, recipe, reminders, reviews, skills, trips
from local.cloud import Cloud, LocalError
from local.inputs import fresh_sample, sample_of
from local.invitation import print_goodbye, print_wait
from local.mailbox import print_told
from local.receiver import Receiver, receiver_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_stepfunctions import SFNClient

PRINTERS = {
    "ai-chef": recipe.print_recipe,
    "order": orders.print_order,
    "matching": matches.print_matches,
    "skill-sync": skills.print_profile,
    "trip-request": trips.print_trip,
    "course-review": reviews.print_review,
    "gear-reminder": reminders.print_reminder,
}
DELIVERING = {"matching"}
"""Workflows that deliver their result to the input's callback_url: the demo has a receiver there."""
ENDED = {"completed", "expired", "failed", "cancelled"}
POLL_SECONDS = 0.1
SETTLE_SECONDS = 30
"""How long a session record may take to say what its execution, which has ended, came to."""
DELIVERY_SECONDS = 30
SILENT_VENDOR = """\
Have its vendor stay silent, and search again ("answer", "twice", "forged", "malformed" and "fail" are the others):
     curl -X PUT $VENDOR_URL/defaults -d '{"behaviour": "silent"}'"""


def run_demo(cloud: Cloud, workflow: str, machines: Mapping[str, str], console: Console) -> None:
    """Start the workflow on its sample input under a new sessionId, show its progress, and print its result.

    Where it waits, say for what, and go on as soon as that has come; where it delivers its result, take it.
    machines: the state machines' ARNs by their workflows' names.
    Raises LocalError when there is no such workflow or sample, or the session does not come to a result.
    """
    if workflow not in machines:
        raise LocalError(f"There is no workflow {workflow!r}; there are: {', '.join(machines)}.")
    machine, session_id = machines[workflow], f"demo-{uuid.uuid4().hex[:12]}"
    given = fresh_sample(workflow, session_id)
    if workflow in DELIVERING:
        with receiver_of(cloud) as receiver:
            _run(cloud, workflow, machine, given | {"callback_url": receiver.url}, console)
            _print_delivery(receiver, session_id, console)
    else:
        _run(cloud, workflow, machine, given, console)
    sample = sample_of(workflow)
    _print_next(machine, sample, _more_to_try(workflow, sample), console)


def _run(cloud: Cloud, workflow: str, machine: str, given: Mapping[str, Any], console: Console) -> None:
    """Run a session of this input to its result, and print that, and whom the session had told."""
    session_id = given["sessionId"]
    stepfunctions = boto3.client("stepfunctions", **cloud.connection())
    tables = boto3.resource("dynamodb", **cloud.connection())
    execution = stepfunctions.start_execution(stateMachineArn=machine, name=session_id, input=json.dumps(given))[
        "executionArn"
    ]
    try:
        record = _follow(cloud, stepfunctions, execution, tables.Table("sessions-local"), session_id, console)
    except KeyboardInterrupt:
        print_goodbye(session_id, console)
        raise
    # What a signal cancelled came to its end in its own way, and has a result.
    if record["status"] == "failed" or (record["status"] == "cancelled" and "outcome" not in record):
        raise LocalError(f"Session {session_id} {_ending(record)}. What its steps logged: make logs")
    stored = tables.Table("results-local").get_item(Key={"sessionId": session_id}, ConsistentRead=True)["Item"]
    _print_result(workflow, stored["result"], console)
    print_told(cloud, session_id, console)
    outcome = f": {record['outcome']}" if "outcome" in record else ""
    console.print(f"\nSession {session_id} is {record['status']}{outcome}.", markup=False)


def _follow(
    cloud: Cloud, stepfunctions: "SFNClient", execution: str, sessions: "Table", session_id: str, console: Console
) -> dict[str, Any]:
    """Show the session's progress until it ends, and return its record; the session may go on in a next execution."""
    told: set[str] = set()
    columns = TextColumn("{task.description:<20}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    deadline = None
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("starting", total=100)
        while deadline is None or time.monotonic() < deadline:
            record: dict[str, Any] | None = sessions.get_item(Key={"sessionId": session_id}, ConsistentRead=True).get(
                "Item"
            )
            if record:
                phase = str(record["phase"]).replace("_", " ")
                progress.update(bar, description=phase, completed=float(str(record["progress"])))
                if record["status"] in ENDED:
                    return record
                waiting = record.get("waitingFor")
                if waiting and waiting["step"] not in told and print_wait(cloud, session_id, waiting, progress.console):
                    told.add(waiting["step"])
                execution = record.get("executionArn", execution)
            ended = _described(stepfunctions, execution)
            running = ended["status"] == "RUNNING"
            deadline = None if running else deadline or time.monotonic() + SETTLE_SECONDS
            time.sleep(POLL_SECONDS)
    raise LocalError(
        f"Execution {session_id} ended as {ended['status']} ({ended.get('error')}: {ended.get('cause')}), "
        f"but its session record did not follow within {SETTLE_SECONDS} s. What its steps logged: make logs"
    )


def _described(stepfunctions: "SFNClient", execution: str) -> Mapping[str, Any]:
    """The execution; one that a session is to go on in may not have been started yet."""
    try:
        return stepfunctions.describe_execution(executionArn=execution)
    except stepfunctions.exceptions.ExecutionDoesNotExist:
        return {"status": "NOT_STARTED"}


def _ending(record: Mapping[str, Any]) -> str:
    """How the session ended, and for what reason, e.g. `failed in FetchPrices: NoPrices: no shop has …`."""
    error = record.get("error")
    if not error:
        return str(record["status"])
    step = f" in {error['step']}" if error.get("step") else ""
    return f"{record['status']}{step}: {error['type']}: {str(error['message']).rstrip('.')}"


def _print_result(workflow: str, result: Any, console: Console) -> None:
    console.print()
    if workflow in PRINTERS:
        PRINTERS[workflow](result, console)
    else:
        console.print_json(data=result, default=float)


def _print_delivery(receiver: Receiver, session_id: str, console: Console) -> None:
    """Wait until the result was delivered, and print what came. Raises LocalError when it does not come."""
    if not receiver.wait(seconds=DELIVERY_SECONDS):
        raise LocalError(
            f"The result of session {session_id} was not delivered within {DELIVERY_SECONDS} s "
            f"({receiver.rejected} deliveries were not signed as they must be). What its steps logged: make logs"
        )
    webhook_id, body = receiver.received[0]
    console.print(
        f"\n[green]✔[/] Delivered to {receiver.url}: the signature of {webhook_id} holds, "
        f"and search {body['search_id']} is {body['status']}."
    )


def _more_to_try(workflow: str, sample: Mapping[str, Any]) -> str | None:
    """What the demo proposes beside what it does for every workflow."""
    match workflow:
        case "matching":
            return SILENT_VENDOR
        case "skill-sync":
            return skills.event_to_try(sample["userId"])
    return None


def _print_next(machine: str, sample: object, more: str | None, console: Console) -> None:
    name = f"try-{uuid.uuid4().hex[:8]}"
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    key = shlex.quote(json.dumps({"sessionId": {"S": name}}))
    last = "Add a workflow of your own: docs/adding-a-workflow.md"
    others = "\n".join(f"{number}. {text}" for number, text in enumerate([more, last] if more else [last], start=3))
    console.print("\n[bold]Try next[/]")
    console.print(
        f"""\
1. Start it yourself, with an input of your own:
     eval "$(make -s env)"
     .venv/bin/aws stepfunctions start-execution --state-machine-arn {machine} \\
       --name {name} --input {shlex.quote(json.dumps(sample))}
2. Watch it:
     .venv/bin/aws stepfunctions describe-execution --execution-arn {execution}
     .venv/bin/aws dynamodb get-item --table-name sessions-local --key {key}
     make logs
{others}

The local cloud keeps running; `make down` stops it.""",
        markup=False,
    )
