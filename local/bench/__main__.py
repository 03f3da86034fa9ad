"""The command behind `make bench`: measure on a local cloud of its own, and exit with 1 when a limit is missed."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import urllib3
from rich.console import Console

from local.bench import commands
from local.bench.approvals import Approvals, session_of
from local.bench.events import Events
from local.bench.figures import Row, Write, at_most, compare, figures_table, measured, none_lost, writes_table
from local.bench.lambdas import Lambdas
from local.bench.machines import Machines
from local.bench.recordings import Recorder, Recording, replay, writes
from local.bench.sessions import Sessions
from local.cloud import Cloud, LocalError, caller_environment, free_port
from local.deploy import deploy
from local.inputs import sample_of
from local.receiver import receiver_of
from local.stages import stage
from local.surroundings import vendor_url

WORKFLOW = "ai-chef"  # of four steps, as the bare machine
SINGLE_RUNS = 30
BURST_RUNS = 3
BURST_SESSIONS = 100
WAITING_SESSIONS = 200
FRESH_RUNS = 5

SESSION_LIMIT = 1.3
FRESH_LIMIT = 1.5
DEMO_SECONDS = 30
TEST_SECONDS = 360

WIDTH = 150  # of the tables, in columns; whatever they are printed to


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.bench", description="Sessions against bare Lambdas.")
    parser.add_argument("--all", action="store_true", help="time a second `make demo`, and `make test`, too")
    options = parser.parse_args()
    for name in os.environ.keys() - caller_environment().keys():
        del os.environ[name]
    console = Console(highlight=False, soft_wrap=True)
    tables = Console(highlight=False, width=WIDTH)
    try:
        rows, writes = measure(console)
        tables.print("\nWrites of a session, refused ones included")
        tables.print(writes_table(writes), figures_table(rows))
        if options.all:
            commands_rows = time_commands(console)
            tables.print(figures_table(commands_rows))
            rows += commands_rows
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    over = [row.figure for row in rows if row.ok is False]
    console.print(f"Over the limit: {'; '.join(over)}." if over else "Every figure keeps its limit.")
    return 1 if over else 0


def measure(console: Console) -> tuple[list[Row], list[Write]]:
    """Measure on a local cloud with a port and a folder of its own, of which nothing stays."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        cloud = Cloud(Path(folder))
        try:
            with stage(console, "Start and deploy"):
                cloud.start(free_port())
                deployed = deploy(cloud)
            return _measure(cloud, deployed, console)
        finally:
            cloud.stop()


def time_commands(console: Console) -> list[Row]:
    """Time the commands that take long."""
    with stage(console, "make demo, twice"):
        demo = commands.second_demo()
    with stage(console, "make test"):
        test = commands.test()
    return [at_most("A second `make demo`", demo, DEMO_SECONDS), at_most("`make test`", test, TEST_SECONDS)]


def _measure(cloud: Cloud, deployed: Mapping[str, str], console: Console) -> tuple[list[Row], list[Write]]:
    lambdas, machines, sessions = Lambdas(cloud), Machines(cloud), Sessions(cloud)
    ours, bare = deployed[WORKFLOW], machines.bare()
    with stage(console, "One session at a time"):
        rows = single(sessions, ours, bare)
    with stage(console, f"{BURST_SESSIONS} sessions at once"):
        rows += burst(sessions, ours, bare)
    _silence_vendor(cloud)
    with receiver_of(cloud) as receiver:
        with stage(console, "First invocations"):
            recordings = Recorder(cloud, lambdas, machines).record(deployed, receiver.url)
            rows += first_invocations(lambdas, recordings, Events(cloud, lambdas, deployed))
        with stage(console, "Writes"):
            written = writes(lambdas, recordings)
    with stage(console, f"{WAITING_SESSIONS} sessions that wait"):
        rows += waiting(cloud, deployed["order"])
    return rows, written


def _silence_vendor(cloud: Cloud) -> None:
    """What is recorded and replayed is answered here, or not at all."""
    urllib3.request("PUT", f"{vendor_url(cloud)}/defaults", json={"behaviour": "silent"})


def single(sessions: Sessions, ours: str, bare: str) -> list[Row]:
    """Sessions one at a time, ours and bare in turn, once every Lambda is warm."""
    sample = sample_of(WORKFLOW)
    pairs = [(sessions.one(ours, sample), sessions.one(bare, sample)) for _ in range(SINGLE_RUNS + 2)][2:]
    whole, steps = ([(one[part], other[part]) for one, other in pairs] for part in (0, 1))
    return [
        compare("A session of four steps", *_apart(whole), SESSION_LIMIT),
        compare("… from entering its first state", *_apart(steps)),
    ]


def burst(sessions: Sessions, ours: str, bare: str) -> list[Row]:
    """Many sessions at once, ours and bare in turn, after one burst of each that starts the processes."""
    sample = sample_of(WORKFLOW)
    for machine in (ours, bare):
        sessions.many(machine, sample, BURST_SESSIONS)
    pairs, used, arrived, completed, plain = [], [], 0, 0, 0
    for _ in range(BURST_RUNS):
        seconds, processor, succeeded = sessions.many(ours, sample, BURST_SESSIONS)
        bare_seconds, bare_processor, bare_succeeded = sessions.many(bare, sample, BURST_SESSIONS)
        pairs.append((seconds, bare_seconds))
        used.append((processor, bare_processor))
        arrived, plain = arrived + len(succeeded), plain + len(bare_succeeded)
        completed += sessions.completed(succeeded)
    sent = BURST_RUNS * BURST_SESSIONS
    return [
        compare(f"{BURST_SESSIONS} sessions at once", *_apart(pairs), SESSION_LIMIT),
        compare("… processor time, MiniStack and Lambdas", *_apart(used)),
        none_lost("… that SUCCEEDED", sent, arrived, plain),
        none_lost("… whose record is completed", sent, completed),
    ]


def waiting(cloud: Cloud, machine: str) -> list[Row]:
    """Many orders that wait for their approvals at once, and what that takes."""
    before, approvals = cloud.memory(), Approvals(cloud, machine)
    moments = [time.monotonic()]
    session_ids = [session_of(execution) for execution in approvals.start(WAITING_SESSIONS)]
    links = approvals.links(session_ids)
    moments.append(time.monotonic())
    approvals.approve(links.values())
    moments.append(time.monotonic())
    approvals.until(session_ids, "completed")
    moments.append(time.monotonic())
    waited, approved, completed = (f"{later - earlier:.1f} s" for earlier, later in pairwise(moments))
    return [
        measured(f"{WAITING_SESSIONS} sessions started until all wait", waited),
        measured("… until all are approved", approved),
        measured("… from then until all are completed", completed),
        measured("… memory before, and at its peak", f"{before / 1e6:,.0f} MB, {approvals.peak / 1e6:,.0f} MB"),
    ]


def first_invocations(lambdas: Lambdas, recordings: list[Recording], events: Events) -> list[Row]:
    """Each Lambda in a fresh process, the bare one beside it, after one round that warms the page cache."""
    taken: dict[str, list[tuple[float, float]]] = {}
    bare, bare_event = lambdas.bare()
    for _ in range(FRESH_RUNS + 1):
        for function, event, known in replay(recordings):
            if known:  # measured already; what comes after it in its session needs it
                lambdas.run(function, event)
            else:
                taken.setdefault(function.name, []).append(
                    (lambdas.run(function, event), lambdas.run(bare, bare_event))
                )
        for function, event in events.walk(recordings):
            taken.setdefault(function.name, []).append((lambdas.run(function, event), lambdas.run(bare, bare_event)))
    return [compare(f"Fresh: {name}", *_apart(pairs[1:]), FRESH_LIMIT) for name, pairs in taken.items()]


def _apart(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [ours for ours, _ in pairs], [bare for _, bare in pairs]


if __name__ == "__main__":
    sys.exit(main())
