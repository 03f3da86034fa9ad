"""Following a session until it ends: as its progress is pushed, else by looking at its record again and again."""

import json
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from typing import Any

import boto3
import urllib3
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from local.api import public_api
from local.cloud import Cloud, LocalError
from local.invitation import print_wait

ENDED = {"completed", "expired", "failed", "cancelled"}
POLL_SECONDS = 0.1
SILENT_SECONDS = 1.0
"""Without a push for so long, the record is looked at: a push may come late."""
SETTLE_SECONDS = 30
"""How long a session record may take to say what its execution, which has ended, came to."""
ITEMS = {"novel-analysis": "chapters"}
"""What the items of a workflow's Maps are."""

Seen = Mapping[str, Any]
"""A session record, or what is pushed of one."""


class NotPushed(Exception):
    """Why progress is not pushed, in a few words."""


def watch(cloud: Cloud, session_id: str, console: Console) -> None:
    """Show a session's progress until it ends, and say how it ended.

    Raises LocalError when there is no such session, or it ended badly.
    """
    record = _records(cloud, session_id)()
    if record is None:
        raise LocalError(f"There is no session {session_id!r}; `make demo` starts one.")
    record = follow(cloud, session_id, record["executionArn"], console)
    refuse_bad_end(record)
    print_end(record, console)


def follow(cloud: Cloud, session_id: str, execution: str, console: Console) -> Seen:
    """Show the session's progress until it ends, and return its record; where it waits, say for what.

    execution: the ARN of its first one; it may go on in a next. Raises LocalError when its execution has ended, or
    never begins, and the record does not say so.
    """
    read, told, version = _records(cloud, session_id), set[str](), 0
    check = _liveness(cloud, session_id, execution)
    columns = TextColumn("{task.description:<20}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with (
        Progress(*columns, TextColumn("{task.fields[items]}"), console=console) as progress,
        closing(_views(cloud, session_id, read, progress.console)) as views,
    ):
        bar = progress.add_task("starting", total=100, items="")
        for seen in views:
            if seen and seen["version"] >= version:  # a push may be older than what was looked at
                version = seen["version"]
                phase, percent = str(seen["phase"]).replace("_", " "), float(seen["progress"])
                progress.update(bar, description=phase, completed=percent, items=items_done(seen))
                if seen["status"] in ENDED and (record := read()):
                    return record
                waiting = seen.get("waitingFor")
                if waiting and waiting["step"] not in told and print_wait(cloud, session_id, waiting, progress.console):
                    told.add(waiting["step"])
            check(seen)
    raise AssertionError("a session is followed until it ends")


def print_end(record: Seen, console: Console) -> None:
    """Print how the session ended."""
    outcome = f": {record['outcome']}" if "outcome" in record else ""
    console.print(f"\nSession {record['sessionId']} is {record['status']}{outcome}.", markup=False)


def refuse_bad_end(record: Seen) -> None:
    """Raises LocalError when the session failed, or was cancelled from outside.

    What a signal cancelled came to its end in its own way, and has a result.
    """
    if record["status"] == "failed" or (record["status"] == "cancelled" and "outcome" not in record):
        raise LocalError(f"Session {record['sessionId']} {_ending(record)}. What its steps logged: make logs")


def items_done(seen: Seen) -> str:
    """How many items of a Map that is not through are done: `120 of 3,000 chapters`; nothing where there is none."""
    counts = seen.get("items") or {
        name: step["items"] for name, step in seen.get("steps", {}).items() if "items" in step
    }
    left = [count for count in counts.values() if count["done"] < count["of"]]
    if not left:
        return ""
    count = min(left, key=lambda count: count["done"] / count["of"])
    return f"{int(count['done']):,} of {int(count['of']):,} {ITEMS.get(seen['workflow'], 'items')}"


def _views(
    cloud: Cloud, session_id: str, read: Callable[[], Seen | None], console: Console
) -> Generator[Seen | None, None, None]:
    """What is pushed and, while nothing is, the record; None where there is none yet. Without end."""
    try:
        with connect(watch_url(cloud, session_id), proxy=None) as socket:
            socket.send(json.dumps({"action": "subscribe", "sessionId": session_id}))
            while True:
                yield _pushed(socket) or read()
    except (NotPushed, WebSocketException, OSError, urllib3.exceptions.HTTPError) as reason:
        console.print(f"[dim]Looking at the session's record, for its progress is not pushed: {reason}[/]")
    while True:
        yield read()
        time.sleep(POLL_SECONDS)


def watch_url(cloud: Cloud, session_id: str) -> str:
    """Where to connect, for a while, to watch a session. Raises NotPushed."""
    api = public_api(cloud)
    answer = urllib3.request(
        "POST", f"{api.url}/progress", headers={"x-api-key": api.key}, json={"sessionIds": [session_id]}
    )
    if answer.status != 200:
        raise NotPushed(f"POST /progress answers {answer.status}")
    return str(answer.json()["url"])


def _pushed(socket: ClientConnection) -> Seen | None:
    """The next progress that is pushed; None when none is for a while. Raises NotPushed when none will be."""
    try:
        message: dict[str, Any] = json.loads(socket.recv(timeout=SILENT_SECONDS))
    except TimeoutError:
        return None
    if message.get("code") == "NotConnected":
        raise NotPushed(message["message"])
    return message if message.get("type") == "progress" else None


def _records(cloud: Cloud, session_id: str) -> Callable[[], Seen | None]:
    """What reads the session's record."""
    table = boto3.resource("dynamodb", **cloud.connection()).Table("sessions-local")

    def read() -> Seen | None:
        return table.get_item(Key={"sessionId": session_id}, ConsistentRead=True).get("Item")

    return read


def _liveness(cloud: Cloud, session_id: str, execution: str) -> Callable[[Seen | None], None]:
    """What is told what was seen of the session, and raises LocalError once no execution of it has run for a while."""
    stepfunctions = boto3.client("stepfunctions", **cloud.connection())
    idle_since: float | None = None

    def check(seen: Seen | None) -> None:
        nonlocal execution, idle_since
        execution = (seen or {}).get("executionArn", execution)
        try:
            described: Seen = dict(stepfunctions.describe_execution(executionArn=execution))
        except stepfunctions.exceptions.ExecutionDoesNotExist:  # it waits in a queue, or is about to go on in a next
            described = {"status": "NOT_STARTED"}
        idle_since = None if described["status"] == "RUNNING" else idle_since or time.monotonic()
        if idle_since and time.monotonic() - idle_since > SETTLE_SECONDS:
            raise LocalError(
                f"Execution {session_id} ended as {described['status']} ({described.get('error')}: "
                f"{described.get('cause')}), but its session record did not follow within {SETTLE_SECONDS} s. "
                "What its steps logged: make logs"
            )

    return check


def _ending(record: Seen) -> str:
    """How the session ended, and for what reason, e.g. `failed in FetchPrices: NoPrices: no shop has …`."""
    error = record.get("error")
    if not error:
        return str(record["status"])
    step = f" in {error['step']}" if error.get("step") else ""
    return f"{record['status']}{step}: {error['type']}: {str(error['message']).rstrip('.')}"
