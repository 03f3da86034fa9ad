"""What the comparison shows, as tables and sentences."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from local.compare.caller import Outcome
from local.compare.prices import Cost, total

NO_PRICE = "none; a Redis and a pod that must not die"


def ways_table(durable: Sequence[Outcome], local: Sequence[Outcome], costs: list[Cost]) -> Table:
    """Both ways, side by side."""
    table = Table("", "durable", "local", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, ours, theirs in zip(_NAMES, _column(durable), _column(local), strict=True):
        table.add_row(name, ours, theirs)
    table.add_row("AWS cost per thousand searches", f"${total(costs):.2f}", NO_PRICE)
    return table


def costs_table(costs: list[Cost]) -> Table:
    """The bill of the durable way."""
    title = "AWS cost of the durable way, us-east-1", "A search", "USD each", "USD per thousand"
    table = Table(*title, box=box.SIMPLE_HEAD, pad_edge=False, show_footer=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for cost in costs:
        table.add_row(cost.what, f"{cost.amount:.2f}", f"{cost.price:.10f}".rstrip("0"), f"{cost.thousand:.4f}")
    table.add_section()
    table.add_row("sum", "", "", f"{total(costs):.4f}")
    return table


def problems(durable: Sequence[Outcome], local: Sequence[Outcome]) -> list[str]:
    """What must not be: a search that the durable way lost, or whose result differs between the ways."""
    lost = [outcome.search.number for outcome in durable if outcome.lost]
    different = [
        ours.search.number
        for ours, theirs in zip(durable, local, strict=True)
        if _without_id(ours.payload) != _without_id(theirs.payload)
    ]
    found = []
    if lost:
        found.append(f"The durable way lost {_numbers(lost)}.")
    if different:
        found.append(f"The ways have different results for {_numbers(different)}.")
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    """By nearest rank: the smallest value that so many percent do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


_NAMES = (
    "searches",
    "… that wait for the vendor",
    "results at first sending",
    "lost",
    "sent again",
    "results in the end",
    "time to result, p50",
    "time to result, p95",
)


def _column(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    seconds = [outcome.seconds for outcome in outcomes if outcome.seconds is not None]
    lost = sum(outcome.lost for outcome in outcomes)
    times = [f"{percentile(seconds, percent):.1f} s" if seconds else "none" for percent in (50, 95)]
    waits = sum(outcome.search.waits for outcome in outcomes)
    resent = sum(outcome.sendings - 1 for outcome in outcomes)
    return (*map(str, (len(outcomes), waits, len(outcomes) - lost, lost, resent, len(seconds))), *times)


def _without_id(payload: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return payload and {name: value for name, value in payload.items() if name != "searchId"}


def _numbers(numbers: Sequence[int]) -> str:
    return f"{'search' if len(numbers) == 1 else 'searches'} {', '.join(map(str, numbers))}"
