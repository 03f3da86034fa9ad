"""The whole comparison on one cloud: both ways in turn, each with a service process of its own."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from local.cloud import Cloud, free_port
from local.compare import ways
from local.compare.caller import Outcome
from local.compare.prices import Usage
from local.compare.process import ServiceProcess, service_url
from local.compare.searches import searches
from local.compare.trial import Timing, Trial
from local.compare.usage import Meter
from local.redis_server import redis_server
from local.stages import stage
from local.surroundings import vendor_url

REHEARSED = 6
"""Searches, at most, that are run beforehand."""


@dataclass(frozen=True)
class Comparison:
    """What became of the same searches in each way, and what the durable way used."""

    durable: list[Outcome]
    local: list[Outcome]
    usage: Usage


def compare(cloud: Cloud, machine: str, count: int, timing: Timing, folder: Path, console: Console) -> Comparison:
    """Run so many searches through both ways, one after the other.

    cloud: with the app deployed. machine: the ARN of its state machine `matching`. folder: takes the logs.
    Raises LocalError when one of the ways cannot run.
    """
    given, vendor = searches(count), vendor_url(cloud)
    run, port = f"compare-{uuid.uuid4().hex[:8]}", free_port()
    way = ways.durable(cloud, service_url(port))
    with stage(console, "The durable way"), ServiceProcess(way, port, folder) as service:
        meter, trial = Meter(cloud, machine), Trial(service, vendor, f"{run}-durable", timing)
        meter.rehearsed(trial.rehearse(given[:REHEARSED]))
        durable = trial.run(given)
        usage = meter.usage(trial.ids(given), sum(search.waits for search in given))
    with stage(console, "The local way"), redis_server(folder) as redis_url:
        way = ways.local(cloud, service_url(port), redis_url)
        with ServiceProcess(way, port, folder) as service:
            trial = Trial(service, vendor, f"{run}-local", timing)
            trial.rehearse(given[:REHEARSED])
            local = trial.run(given)
    return Comparison(durable, local, usage)
