"""The demo's view of a session: on machines that write the session's record themselves, and of an order and a search as
they are.
"""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from rich.console import Console

from local import demo, inputs, storyboards, watch
from local.api import public_api
from local.cloud import ROOT, Cloud, LocalError
from local.deploy import state_machines
from local.receiver import Receiver
from tests.local.conftest import Lab
from tests.local.reader import Reader

pytestmark = pytest.mark.xdist_group("local_cloud")


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200, soft_wrap=True)


@pytest.fixture(autouse=True)
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample input for a workflow named `toy`."""
    monkeypatch.setattr(inputs, "SAMPLES", tmp_path)
    (tmp_path / "toy.json").write_text('{"sides": 6}')


def put(table: str, **attributes: dict[str, Any]) -> dict[str, object]:
    """A state that writes an item under the execution's name."""
    item = {"sessionId": {"S": "{% $states.context.Execution.Name %}"}} | attributes
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem",
        "Arguments": {"TableName": table, "Item": item},
    }


def run(lab: Lab, console: Console, states: dict[str, dict[str, object]]) -> str:
    """Run the demo on a machine of these states, one after the other; what it printed."""
    names = list(states)
    for name, following in pairwise(names):
        states[name]["Next"] = following
    states[names[-1]] |= {} if states[names[-1]]["Type"] == "Fail" else {"End": True}
    definition: dict[str, object] = {"QueryLanguage": "JSONata", "StartAt": names[0], "States": states}
    machine = lab.machine_of(definition)
    demo.run_demo(lab.cloud, "toy", {"toy": machine}, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def record(status: str, **attributes: dict[str, Any]) -> dict[str, object]:
    """A state that writes a session's record."""
    now, number = {"S": "2026-11-21T09:00:00.000Z"}, {"N": "1"}
    begun: dict[str, Any] = {
        "workflow": {"S": "toy"},
        "attempt": number,
        "version": number,
        "steps": {"M": {}},
        "createdAt": now,
    }
    seen: dict[str, Any] = {"phase": {"S": "rolling_dice"}, "progress": {"N": "100"}, "updatedAt": now}
    return put("sessions-local", status={"S": status}, **begun, **seen, **attributes)


@pytest.mark.usefixtures("deployed_cloud")
def test_a_completed_session_ends_in_its_result_and_three_things_to_try(closed: Lab, console: Console) -> None:
    result = put("results-local", result={"M": {"rolled": {"N": "4"}}})

    printed = run(closed, console, {"StoreResult": result, "Finish": record("completed")})

    assert "rolling dice" in printed
    assert '"rolled": 4' in printed
    assert 'eval "$(make -s env)"' in printed
    assert f"--input '{json.dumps({'sides': 6})}'" in printed
    assert "docs/adding-a-workflow.md" in printed


@pytest.mark.usefixtures("deployed_cloud")
def test_a_failed_session_names_the_step_and_the_error(closed: Lab, console: Console) -> None:
    error = {"M": {"type": {"S": "NoDice"}, "message": {"S": "The box is empty."}, "step": {"S": "RollDice"}}}

    with pytest.raises(LocalError, match=r"failed in RollDice: NoDice: The box is empty\. .*make logs"):
        run(closed, console, {"Finish": record("failed", error=error)})


@pytest.mark.usefixtures("deployed_cloud")
def test_an_execution_whose_record_never_comes_does_not_hang(
    closed: Lab, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SETTLE_SECONDS", 0.2)

    with pytest.raises(LocalError, match=r"ended as FAILED \(NoDice: The box is empty\)"):
        run(closed, console, {"Stop": {"Type": "Fail", "Error": "NoDice", "Cause": "The box is empty"}})


def test_an_unknown_workflow_is_refused_with_those_that_are(closed: Lab, console: Console) -> None:
    with pytest.raises(LocalError, match="no workflow 'soup'; there are: ai-chef, order"):
        demo.run_demo(closed.cloud, "soup", {"ai-chef": "…", "order": "…"}, console)


def test_a_workflow_without_a_sample_says_where_to_write_one(closed: Lab, console: Console) -> None:
    with pytest.raises(LocalError, match=r"local/samples/soup\.json"):
        demo.run_demo(closed.cloud, "soup", {"soup": "…"}, console)


@pytest.mark.usefixtures("deployed_cloud")
def test_somebody_who_leaves_is_told_how_to_cancel(
    closed: Lab, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "follow", leave)

    with pytest.raises(KeyboardInterrupt):
        run(closed, console, {"Finish": record("completed")})
    assert isinstance(console.file, io.StringIO)
    assert re.search(r"\$API_URL/sessions/demo-[0-9a-f]+/cancel", console.file.getvalue())


def run_order(cloud: Cloud, pattern: str, act: Callable[[str], None]) -> str:
    """Run the demo of order, with somebody who acts on what is printed; all that is printed."""
    reader = Reader((pattern, act))
    demo.run_demo(cloud, "order", state_machines(cloud), Console(file=reader, width=200, soft_wrap=True))
    return reader.getvalue()


@pytest.fixture
def real(deployed_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The cloud, and the workflows' own samples."""
    monkeypatch.setattr(inputs, "SAMPLES", ROOT / "local" / "samples")
    return deployed_cloud


def test_an_order_is_confirmed_as_soon_as_its_approver_approves(real: Cloud) -> None:
    statuses: list[int] = []

    def approve(link: str) -> None:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        statuses.append(urllib3.request("POST", link, body="action=approve", headers=form).status)

    printed = run_order(real, r"http://\S+/approvals/\S+(?=\n)", approve)

    assert statuses == [200]
    assert re.search(r"curl .* -d action=approve -d comment=Fine 'http://\S+/approvals/\S+'\n", printed)
    assert re.search(r"Order demo-[0-9a-f]+ over USD 20\.00 is confirmed\.", printed)


def test_an_order_is_released_as_soon_as_an_operator_rejects_it(real: Cloud) -> None:
    statuses: list[int] = []

    def reject(printed: str) -> None:
        key, url = re.findall(r"x-api-key: (\w+)|(http://\S+/signals/)approve", printed)
        answer = urllib3.request("POST", f"{url[1]}reject", headers={"x-api-key": key[0]})
        statuses.append(answer.status)

    printed = run_order(real, r"x-api-key(.|\n)*/signals/approve", reject)

    assert statuses == [202]
    assert "is not confirmed" in printed


def test_a_search_waits_for_the_vendor_and_is_delivered_signed(real: Cloud, console: Console) -> None:
    demo.run_demo(real, "matching", state_machines(real), console)

    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue()
    assert re.search(r"RequestVendorReview waits for another system.*\n\n +http://\S+/callbacks/\w+\n", printed)
    assert re.search(r"coaches of \d+ who were considered\. The vendor has reviewed them\.", printed)
    assert re.search(r"Delivered to http://\S+: the signature of msg_\w+ holds, and search demo-\w+ is comp", printed)
    assert re.search(r"3\. .*vendor stay silent", printed)


def test_a_novel_is_read_while_its_progress_is_pushed_and_its_storyboard_is_shown(
    real: Cloud, console: Console
) -> None:
    demo.run_demo(real, "novel-analysis", state_machines(real), console)

    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue()
    assert "not pushed" not in printed
    assert re.search(r"English · \d chapters, \d+ scenes, \d+ panels\n\nWho +Also +Looks +Mentions", printed)
    assert re.search(r"\n  Scene 1 · [^\n]+\n +1  establishing  ", printed)
    assert re.search(r"Session (demo-\w+) is completed: complete\.(.|\n)+/sessions/\1/storyboard\n", printed)
    assert "--input file://local/samples/novel-analysis.json\n" in printed


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_a_file_is_uploaded_as_the_demo_proposes(deployed_cloud: Cloud, tmp_path: Path) -> None:
    upload = storyboards.TO_TRY[1].partition("\n")[2].partition("     curl -H")[0]
    here = upload.replace(".venv/bin", str(Path(sys.executable).parent))
    (tmp_path / "my-novel.txt").write_text("Chapter 1")
    environment = os.environ | public_api(deployed_cloud).environment()

    subprocess.run(["sh", "-ec", here], cwd=tmp_path, env=environment, check=True)

    key = json.loads((tmp_path / "upload.json").read_text())["textKey"]
    s3 = boto3.client("s3", **deployed_cloud.connection())
    assert s3.get_object(Bucket=storyboards.BUCKET, Key=key)["Body"].read() == b"Chapter 1"


def test_a_result_that_nobody_delivers_does_not_hang(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "DELIVERY_SECONDS", 0.1)

    with (
        Receiver("whsec_c2VjcmV0") as receiver,
        pytest.raises(LocalError, match=r"session demo-1 was not delivered within 0\.1 s .*make logs"),
    ):
        demo._print_delivery(receiver, "demo-1", console)
