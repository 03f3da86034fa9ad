"""What a workflow's state machine is run through: scenarios written down, and faults put into them by the machine's
own Retry lists. Each workflow has a module in tests/statemachines/scenarios with its list SCENARIOS.
"""

import importlib
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

from tests.support.clock import at
from tests.support.interpreter import TIMEOUT, Answer, Fault, Run, definition_of, machine, states_of
from tests.support.tables import every_row, fresh_tables

STARTED = "2026-11-21T09:00:00.000Z"
"""When each scenario is played; only waits whose time is over take time."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """One execution and how it must end, and what was started before it, each under a name of its own; the answers are
    those to all their questions, in order.
    """

    shows: str
    input: Any
    status: str
    error: str | None = None
    outcome: str | None = None
    faults: tuple[Fault, ...] = ()
    answers: tuple[Answer, ...] = ()
    started_before: tuple[Any, ...] = ()


def scenarios_of(workflow: str) -> list[Scenario]:
    """The scenarios written down for a workflow."""
    module = importlib.import_module(f"tests.statemachines.scenarios.{workflow.replace('-', '_')}")
    written: list[Scenario] = module.SCENARIOS
    return written


@dataclass(frozen=True)
class Played:
    """A scenario's execution as it ended, and the rows of results and sessions that it left."""

    run: Run
    results: list[Any]
    sessions: list[Any]


@cache
def played(workflow: str, scenario: Scenario) -> Played:
    """Runs a scenario, in an AWS of its own; once, however many tests look at it."""
    with at(STARTED) as clock, fresh_tables(), machine(workflow, clock) as made:
        answers = iter(scenario.answers)
        for number, raw in enumerate(scenario.started_before):
            made.run(raw, name=f"before-{number}", answers=answers)
        run = made.run(scenario.input, name="execution-1", faults=scenario.faults, answers=answers)
        return Played(run, every_row("results-test"), every_row("sessions-test"))


@cache
def disturbed(workflow: str, scenario: Scenario) -> list[Scenario]:
    """A success in which no Lambda failed, once more with the first Retry of each state, once with the second, and so
    on: each Lambda does its work, and its answer is replaced by an error that the Retry names. The end must be as
    before.

    A state that an earlier scenario came to from the same state before it was disturbed there.
    """
    scenarios = scenarios_of(workflow)
    earlier = scenarios[: scenarios.index(scenario)]
    known = {way for each in earlier for way in _ways(workflow, each)}
    visits = [
        (name, visit) for (before, name), visit in _ways(workflow, scenario).items() if (before, name) not in known
    ]
    states = states_of(definition_of(workflow))
    most = max((len(states[name].get("Retry", [])) for name, _ in visits), default=0)
    variants = [_faults(states, visits, number) for number in range(most)]
    return [
        replace(scenario, shows=f"{scenario.shows}, though answers are lost to Retry[{number}]", faults=faults)
        for number, faults in enumerate(variants)
        if faults
    ]


def _faults(states: dict[str, Any], visits: list[tuple[str, int]], number: int) -> tuple[Fault, ...]:
    """At each of these visits of a state the error that its Retry of this number names first.

    A Lambda cannot answer an error of Step Functions' own; those have scenarios written for them.
    """
    faults: list[Fault] = []
    for name, visit in sorted(visits):
        for retrier in states[name].get("Retry", [])[number : number + 1]:
            error = next(error for error in retrier["ErrorEquals"] if not error.startswith("States."))
            repeated = sum(fault.state == name for fault in faults)  # visits before this one, each once more
            faults.append(Fault(name, error, visit + repeated, after_work=True))
    return tuple(faults)


def _ways(workflow: str, scenario: Scenario) -> dict[tuple[str, str], int]:
    """Each state with the one before it, and the visit that came so first, of a success in which no Lambda failed; of
    any other scenario none.
    """
    run = played(workflow, scenario).run
    failed = any(error not in (None, TIMEOUT) for _, error, _ in run.invoked)
    ways: dict[tuple[str, str], int] = {}
    if scenario.status == "SUCCEEDED" and not (scenario.started_before or scenario.faults or failed):
        for number, way in enumerate(pairwise(["", *run.entered]), start=1):
            ways.setdefault(way, run.entered[:number].count(way[1]))
    return ways
