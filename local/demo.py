"""Run a workflow on its sample input, follow its session and print the result."""

import json
import shlex
import uuid
from collections.abc import Mapping
from typing import Any

import boto3
from rich.console import Console

from local import matches, orders, recipe, reminders, reviews, skills, storyboards, trips
from local.api import start
from local.cloud import Cloud, LocalError
from local.deploy import execution_of
from local.inputs import fresh_sample, sample_of
from local.invitation import print_goodbye
from local.mailbox import print_told
from local.receiver import Receiver, receiver_of
from local.watch import follow, print_end, refuse_bad_end

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
QUEUED = {"novel-analysis"}
"""Workflows that a queue stands before: the demo starts them by the API, which puts them there."""
DELIVERY_SECONDS = 30
LONGEST_INPUT = 1000
"""Characters of an input that is printed, not named."""
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
    _print_next(machine, workflow, sample, _more_to_try(workflow, sample, session_id), console)


def _run(cloud: Cloud, workflow: str, machine: str, given: Mapping[str, Any], console: Console) -> None:
    """Run a session of this input to its result, and print that, and whom the session had told."""
    session_id = given["sessionId"]
    _start(cloud, workflow, machine, given)
    try:
        record = follow(cloud, session_id, execution_of(machine, session_id), console)
    except KeyboardInterrupt:
        print_goodbye(session_id, console)
        raise
    refuse_bad_end(record)
    results = boto3.resource("dynamodb", **cloud.connection()).Table("results-local")
    stored = results.get_item(Key={"sessionId": session_id}, ConsistentRead=True)["Item"]
    _print_result(cloud, workflow, session_id, stored["result"], console)
    print_told(cloud, session_id, console)
    print_end(record, console)


def _start(cloud: Cloud, workflow: str, machine: str, given: Mapping[str, Any]) -> None:
    """Start a session; one that a queue stands before by the API. Raises LocalError when the API refuses it."""
    if workflow in QUEUED:
        start(cloud, workflow, given)
    else:
        stepfunctions = boto3.client("stepfunctions", **cloud.connection())
        stepfunctions.start_execution(stateMachineArn=machine, name=given["sessionId"], input=json.dumps(given))


def _print_result(cloud: Cloud, workflow: str, session_id: str, result: Any, console: Console) -> None:
    console.print()
    if workflow == "novel-analysis":
        storyboards.print_storyboard(result, storyboards.storyboard_of(cloud, session_id), console)
    elif workflow in PRINTERS:
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


def _more_to_try(workflow: str, sample: Mapping[str, Any], session_id: str) -> list[str]:
    """What the demo proposes beside what it does for every workflow."""
    match workflow:
        case "matching":
            return [SILENT_VENDOR]
        case "skill-sync":
            return [skills.event_to_try(sample["userId"])]
        case "novel-analysis":
            return [storyboards.where_it_is(session_id), *storyboards.TO_TRY]
    return []


def _print_next(machine: str, workflow: str, sample: object, more: list[str], console: Console) -> None:
    name, given = f"try-{uuid.uuid4().hex[:8]}", shlex.quote(json.dumps(sample))
    key = shlex.quote(json.dumps({"sessionId": {"S": name}}))
    if len(given) > LONGEST_INPUT:
        given = f"file://local/samples/{workflow}.json"
    proposals = [
        f"""\
Start it yourself, with an input of your own:
     eval "$(make -s env)"
     .venv/bin/aws stepfunctions start-execution --state-machine-arn {machine} \\
       --name {name} --input {given}""",
        f"""\
Watch it:
     make watch SESSION={name}
     .venv/bin/aws stepfunctions describe-execution --execution-arn {execution_of(machine, name)}
     .venv/bin/aws dynamodb get-item --table-name sessions-local --key {key}
     make logs""",
        *more,
        "Add a workflow of your own: docs/adding-a-workflow.md",
    ]
    console.print("\n[bold]Try next[/]")
    for number, proposal in enumerate(proposals, start=1):
        console.print(f"{number}. {proposal}", markup=False)
    console.print("\nThe local cloud keeps running; `make down` stops it.", markup=False)
