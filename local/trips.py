"""The result of trip-request, as both sides read what became of it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape


def print_trip(result: Mapping[str, Any], console: Console) -> None:
    """Print who asked to come when, and what was answered.

    result: what the workflow stored, a `ClosedRequest` of trip_request/models.py in camelCase.
    """
    changed = {0: "", 1: ", changed once"}.get(int(result["updates"]), f", changed {result['updates']:.0f} times")
    console.print(f"[bold]{escape(result['tripTitle'])}[/], a trip of {escape(result['ownerId'])}")
    console.print(
        f"{result['requesterId']} asked to come from {result['startDate']} to {result['endDate']}{changed}.",
        markup=False,
    )
    answered = result["respondedAt"]
    said = f"{result['respondedBy']} answered at {answered}" if answered else "The owner has not answered"
    comment = f", saying: {result['comment']}" if answered and result["comment"] else ""
    console.print(f"{said}{comment}.", markup=False)
