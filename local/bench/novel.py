"""The command behind `make bench-novel`: analyse a novel of 20 MB on a local cloud of its own, and say what that took.

It exits with 1 when a chapter is missing, a payload or the history comes near AWS's limits, or a Lambda needs more
memory than it has.
"""

import os
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from rich import box
from rich.console import Console
from rich.table import Table

from local.api import start
from local.bench.novel_text import novel
from local.bench.novel_usage import (
    Cost,
    History,
    Used,
    bill,
    history_of,
    lambdas_used,
    requests_counted,
    rows_of,
    written_units,
)
from local.cloud import Cloud, LocalError, caller_environment, free_port
from local.deploy import deploy, execution_of
from local.stages import stage
from local.storyboards import BUCKET
from local.watch import follow, refuse_bad_end

WORKFLOW = "novel-analysis"
BYTES = 19_990_000
CHAPTERS = 3000
LARGEST_PAYLOAD = 262_144
MOST_EVENTS = 20_000
"""Of the 25,000 that AWS keeps: what is left is for retries."""
WIDTH = 120


class CountingCloud(Cloud):
    """A local cloud that counts what its Lambdas ask of DynamoDB, S3 and EventBridge."""

    server = "local.bench.counting"


def main() -> int:
    for name in os.environ.keys() - caller_environment().keys():
        del os.environ[name]
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        cloud = CountingCloud(Path(folder))
        try:
            with stage(console, "Start and deploy"):
                cloud.start(free_port())
                machine = deploy(cloud)[WORKFLOW]
            broken = measure(cloud, machine, console)
        except LocalError as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        finally:
            cloud.stop()
    console.print(f"Over the limit: {'; '.join(broken)}." if broken else "Every figure keeps its limit.")
    return 1 if broken else 0


def measure(cloud: Cloud, machine: str, console: Console) -> list[str]:
    """Analyse the novel, print what that took, and return what breaks a limit. Raises LocalError when it fails."""
    session_id, text = f"bench-{uuid.uuid4().hex}", novel(BYTES, CHAPTERS)
    with stage(console, f"Upload {len(text) / 1e6:.1f} MB"):
        key = f"uploads/{session_id}.txt"
        boto3.client("s3", **cloud.connection()).put_object(Bucket=BUCKET, Key=key, Body=text)
    began = time.monotonic()
    start(cloud, WORKFLOW, {"sessionId": session_id, "title": "The bench's novel", "textKey": key})
    execution = execution_of(machine, session_id)
    refuse_bad_end(follow(cloud, session_id, execution, console))
    seconds = time.monotonic() - began
    results = boto3.resource("dynamodb", **cloud.connection()).Table("results-local")
    summary: Any = results.get_item(Key={"sessionId": session_id}, ConsistentRead=True)["Item"]["result"]
    used, history, counts = lambdas_used(cloud), history_of(cloud, execution), requests_counted(cloud)
    costs = bill(history, used, counts, written_units(counts, *rows_of(cloud, session_id)))
    counted = ", ".join(f"{summary[name]:,.0f} {name}" for name in ("chapters", "scenes", "panels", "characters"))
    tables = Console(highlight=False, width=WIDTH)
    tables.print(f"\n{len(text):,} bytes in {seconds:.0f} s: {counted}.")
    tables.print(
        f"{history.events:,} events; the largest payload, of a {history.largest_in}: {history.largest:,} bytes."
    )
    tables.print(lambdas_table(used), costs_table(costs))
    return problems(summary, history, used)


def problems(summary: Mapping[str, Any], history: History, used: Mapping[str, Used]) -> list[str]:
    """What breaks a limit, in words."""
    chapters = int(summary["chapters"] - summary["failedChapters"])
    found = [
        f"{name} used {each.peak} of its {each.memory} MB" for name, each in used.items() if each.peak > each.memory
    ]
    if chapters != CHAPTERS:
        found.append(f"{chapters:,} of {CHAPTERS:,} chapters are there")
    if history.largest >= LARGEST_PAYLOAD:
        found.append(f"a payload has {history.largest:,} bytes")
    if history.events > MOST_EVENTS:
        found.append(f"the history has {history.events:,} events")
    return found


def lambdas_table(used: Mapping[str, Used]) -> Table:
    """What each Lambda took."""
    table = _table("Lambda", "Invocations", "Seconds together", "MB at most", "MB it has")
    for name, each in used.items():
        table.add_row(name, f"{each.invocations:,}", f"{each.seconds:.1f}", str(each.peak), str(each.memory))
    return table


def costs_table(costs: Sequence[Cost]) -> Table:
    """The bill of one novel; Lambdas' seconds are this machine's, on which they wait for one another."""
    table = _table("AWS cost of a novel, us-east-1", "Used", "USD each", "USD")
    for cost in costs:
        table.add_row(cost.what, f"{cost.amount:,.1f}", f"{cost.price:.10f}".rstrip("0"), f"{cost.usd:.4f}")
    table.add_section()
    table.add_row("sum", "", "", f"{sum(cost.usd for cost in costs):.4f}")
    return table


def _table(*columns: str) -> Table:
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


if __name__ == "__main__":
    sys.exit(main())
