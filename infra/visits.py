"""Which states of a machine may be visited more than once by a session: each must tell its visits apart with `item`.

Without it a later visit would be given the output that the first one stored.
"""

import json
from collections.abc import Iterator
from typing import Any

from infra.errors import ConfigurationError


def check_batches(definition: str, where: str) -> None:
    """Raises ConfigurationError naming a Task in a Map that passes no `items`: which ones its visit deals with."""
    for state in json.loads(definition)["States"].values():
        for name, task in state.get("ItemProcessor", {}).get("States", {}).items():
            if task["Type"] == "Task" and "items" not in task["Arguments"]["Payload"]:
                raise ConfigurationError(
                    f'{where}: state {name} is in a Map; pass "items" in its Payload, {{"first", "last", "of"}}: which '
                    "items of how many this visit deals with"
                )


def check_items(definition: str, where: str, *, continues: tuple[str, ...], ends_session: tuple[str, ...]) -> None:
    """Raises ConfigurationError naming a Task that a session may come to again and that passes no `item`.

    In a machine whose session continues in a next execution that is every Task, but the first and those that end it.
    """
    machine = json.loads(definition)
    states: dict[str, Any] = machine["States"]
    for name, state in states.items():
        if state["Type"] != "Task" or name == machine["StartAt"] or "item" in state["Arguments"]["Payload"]:
            continue
        if name in _after(states, name) or (continues and name not in ends_session):
            raise ConfigurationError(
                f'{where}: a session may come to state {name} more than once; pass "item" in its Payload, a text or '
                "whole number that tells the visits apart, e.g. the number of the round"
            )


def _after(states: dict[str, Any], name: str) -> set[str]:
    """The states that may follow a state, at once or later."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        following = set(_next(states[ahead.pop()])) - found
        found |= following
        ahead += following
    return found


def _next(state: dict[str, Any]) -> Iterator[str]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (rule["Next"] for key in ("Choices", "Catch") for rule in state.get(key, []))
