"""The demos of the platform's workflows, each on its own sample, with somebody who does what they say can be done."""

import re
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from rich.console import Console

from local import __main__ as commands
from local import demo
from local.cloud import ROOT, Cloud, LocalError
from local.deploy import execution_of, state_machines
from local.inputs import later
from tests.local.reader import Reader, send, send_with, signal
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("local_cloud")

Act = Callable[[str], None]


def run(cloud: Cloud, workflow: str, *steps: tuple[str, Act]) -> str:
    """Run the demo, with somebody who acts on what is printed; all that is printed, each run of spaces as one."""
    reader = Reader(*steps)
    demo.run_demo(cloud, workflow, state_machines(cloud), Console(file=reader, width=300, soft_wrap=True))
    return re.sub(r" +", " ", reader.getvalue())


def does(name: str) -> tuple[str, Act]:
    """Send this signal as the demo says."""
    return signal(name), accepted


def accepted(command: str) -> None:
    assert send(command) == 202


def shell(cloud: Cloud, capsys: pytest.CaptureFixture[str], command: str) -> str:
    """Paste a command of the demo, after the variables of `make env`; what it prints."""
    capsys.readouterr()
    commands.env(cloud, Namespace())
    exported = capsys.readouterr().out
    here = command.replace(".venv/bin", str(Path(sys.executable).parent))
    return subprocess.run(
        ["sh", "-ec", f"{exported}\n{here}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_a_skill_profile_is_the_same_for_a_practice_told_twice_and_the_event_to_try_adds_one(
    deployed_cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (run(deployed_cloud, "skill-sync") for _ in range(2))
    [after] = set(re.findall(r"\w\S*, after \d+ practices?", first + second))
    [event] = re.findall(r"\S+ events put-events .*", second)
    [user_id] = re.findall(r'skill-profiles-local --key .*"S": "([^"]+)"', second)
    shell(deployed_cloud, capsys, event)

    profiles = boto3.resource("dynamodb", **deployed_cloud.connection()).Table("skill-profiles-local")
    known = int(re.sub(r"\D", "", after.rpartition("after")[2])) + 1
    eventually(lambda: profiles.get_item(Key={"userId": user_id}, ConsistentRead=True)["Item"]["practices"] == known)
    assert re.search(r"edging █+░* \d of 4 \d+\.\d \d+\n", second)
    assert re.search(r"Session demo-\w+ is completed: published\.", second)


def test_a_trip_request_is_changed_asked_again_and_accepted_and_all_are_told(deployed_cloud: Cloud) -> None:
    printed = run(deployed_cloud, "trip-request", does("update"), does("accept"))

    assert printed.count("Somebody has to decide.") == 2
    assert "(`decline` in place of `accept` decides otherwise.)" in printed
    assert "asked to come from 2030-01-13 to 2030-01-19, changed once." in printed
    assert re.search(r"Told What(.|\n)+request sent(.|\n)+request changed(.|\n)+request accepted", printed)
    assert re.search(r"Session demo-\w+ is completed: accepted\.", printed)


def test_a_trip_request_that_was_cancelled_is_no_error(deployed_cloud: Cloud) -> None:
    printed = run(deployed_cloud, "trip-request", does("cancel"))

    assert "The owner has not answered." in printed
    assert re.search(r"Session demo-\w+ is cancelled: cancelled\.", printed)


def test_a_course_review_waits_for_its_author_whom_the_moderator_asks_for_changes(deployed_cloud: Cloud) -> None:
    def ask_for_changes(command: str) -> None:
        accepted(command.replace("signals/approve", "signals/request_changes"))

    steps = (signal("approve"), ask_for_changes), does("resubmit"), does("approve")
    printed = run(deployed_cloud, "course-review", *steps)

    assert "(`reject` or `request_changes` in place of `approve` decides otherwise.)" in printed
    assert "AskAuthor waits until its time is over, or a signal comes:" in printed
    assert re.search(r"decided after 2 rounds at", printed)
    assert re.search(r"It ranks \d+ of \d+ in whistler, with a score of \d\.\d\d\.", printed)
    assert re.search(r"Session demo-\w+ is completed: published\.", printed)


def test_a_reminder_that_was_moved_is_sent_by_the_sessions_next_execution(deployed_cloud: Cloud) -> None:
    soon = signal("move"), send_with(scheduledAt=later(1))
    printed = run(deployed_cloud, "gear-reminder", soon)

    assert printed.count("AwaitDue waits until its time is over, or a signal comes:") == 2
    assert re.search(r"was sent to \S+\.\nIt was due at \S+, and sent \d+ s later\.", printed)
    assert re.search(r"Told What *\n\w\S* [^\n]*: \w+ Time to wax", printed)
    assert re.search(r"Session demo-\w+ is completed: sent\.", printed)


def test_a_reminder_that_was_cancelled_tells_nobody(deployed_cloud: Cloud) -> None:
    printed = run(deployed_cloud, "gear-reminder", does("cancel"))

    assert "was cancelled before it was due" in printed
    assert "Told" not in printed


def test_a_session_that_was_stopped_is_an_error(deployed_cloud: Cloud) -> None:
    stepfunctions = boto3.client("stepfunctions", **deployed_cloud.connection())
    machine = state_machines(deployed_cloud)["gear-reminder"]

    def stop(command: str) -> None:
        [session_id] = re.findall(r"demo-\w+", command)
        execution = execution_of(machine, session_id)
        stepfunctions.stop_execution(executionArn=execution, error="Storm", cause="the lifts stand")

    with pytest.raises(LocalError, match=r"demo-\w+ cancelled: Storm: the lifts stand\."):
        run(deployed_cloud, "gear-reminder", (signal("cancel"), stop))
