"""What a workflow's state machine is run through: scenarios written down, and faults put into them by the machine's
own Retry lists. Each workflow has a module in tests/statemachines/scenarios with its list SCENARIOS.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.support.branches import states_of
from tests.support.interpreter import Fault, Machine, Run, definition_of


@dataclass(frozen=True)
class Scenario:
    """One execution and how it must end, and what was started before it, each under a name of its own."""

    shows: str
    input: Any
    status: str
    error: str | None = None
    outcome: str | None = None
    faults: tuple[Fault, ...] = ()
    started_before: tuple[Any, ...] = ()


def scenarios_of(workflow: str) -> list[Scenario]:
    """The scenarios written down for a workflow."""
    module = importlib.import_module(f"tests.statemachines.scenarios.{workflow.replace('-', '_')}")
    written: list[Scenario] = module.SCENARIOS
    return written


def with_faults(workflow: str) -> Iterator[Scenario]:
    """Each undisturbed success once more for each Retry of each state: the Lambda does its work, and its answer is
    replaced by an error that the Retry names. The end must be the same.
    """
    states = states_of(definition_of(workflow))
    for scenario in scenarios_of(workflow):
        if scenario.status != "SUCCEEDED" or scenario.faults or scenario.started_before:
            continue
        for name, state in states.items():
            for retrier in state.get("Retry", []):
                # A Lambda cannot answer an error of Step Functions' own; those have scenarios written for them.
                own = [error for error in retrier["ErrorEquals"] if not error.startswith("States.")]
                for error in own[:1]:
                    shows = f"{scenario.shows}, though {name} answers {error} once"
                    yield replace(scenario, shows=shows, faults=(Fault(name, error, after_work=True),))


def play(machine: Machine, scenario: Scenario) -> Run:
    """Runs a scenario."""
    for number, raw in enumerate(scenario.started_before):
        machine.run(raw, name=f"before-{number}")
    return machine.run(scenario.input, name="execution-1", faults=scenario.faults)
