"""Counts what a set of runs took of a state machine: each state, each Retry, each Catch, each way out of a Choice."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from tests.support.interpreter import Invocation, Run, states_of

Branch = tuple[str, str]
"""A state and what of it is meant: "entered", "Retry[0]", "Catch[1]", "Choices[0]" or "Default"."""


def branches_of(definition: dict[str, Any]) -> set[Branch]:
    """Everything there is to take."""
    found: set[Branch] = set()
    for name, state in states_of(definition).items():
        found.add((name, "entered"))
        found |= {
            (name, f"{key}[{n}]") for key in ("Retry", "Catch", "Choices") for n in range(len(state.get(key, [])))
        }
        if "Default" in state:
            found.add((name, "Default"))
    return found


def taken(definition: dict[str, Any], runs: Iterable[Run]) -> set[Branch]:
    """Everything the runs took."""
    states = states_of(definition)
    return {branch for run in runs for branch in _taken(states, run)}


def _taken(states: dict[str, Any], run: Run) -> Iterator[Branch]:
    yield from ((name, "entered") for name in run.entered)
    for (name, error, item), following in pairwise([*run.invoked, Invocation("", None)]):
        if error is not None:
            again = (name, item) == (following.state, following.item)
            yield from _first(name, states[name], "Retry" if again else "Catch", error)
    for name, entered in pairwise(run.entered):
        state = states[name]
        rules = [n for n, rule in enumerate(state.get("Choices", [])) if rule["Next"] == entered]
        yield from ((name, f"Choices[{n}]") for n in rules)
        if state.get("Default") == entered:
            yield (name, "Default")


def _first(name: str, state: dict[str, Any], key: str, error: str) -> Iterator[Branch]:
    """The first rule that names the error is the one Step Functions takes."""
    for number, rule in enumerate(state.get(key, [])):
        if error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]:
            yield (name, f"{key}[{number}]")
            return
