"""Figures and their limits, as the rows of a plain table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from rich import box
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """A figure: ours, what it is held against, and whether it keeps its limit (None: it has none)."""

    figure: str
    ours: str
    bare: str = ""
    ratio: str = ""
    pairs: str = ""
    limit: str = ""
    ok: bool | None = None


@dataclass(frozen=True)
class Write:
    """A write that a step sends to DynamoDB: its operation, its table, and the bytes of the request's body."""

    step: str
    operation: str
    table: str
    size: int


def compare(figure: str, ours: Sequence[float], bare: Sequence[float], limit: float | None = None) -> Row:
    """Times in seconds, ours and bare taken side by side, in pairs.

    limit: the upper bound of the median of the pairs' ratios. What else the machine does falls on both of a pair, so
    that this wanders less than the ratio of the medians; both are shown.
    """
    pairs = [one / other for one, other in zip(ours, bare, strict=True)]
    return Row(
        figure,
        _spread(ours),
        _spread(bare),
        f"{median(ours) / median(bare):.2f}",
        f"{median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})",
        "" if limit is None else f"{limit:.2f}",
        None if limit is None else median(pairs) <= limit,
    )


def at_most(figure: str, seconds: float, limit: float) -> Row:
    """One duration in seconds and its upper bound."""
    return Row(figure, _time(seconds), limit=_time(limit), ok=seconds <= limit)


def measured(figure: str, told: str) -> Row:
    """A figure without a limit, in words."""
    return Row(figure, told)


def none_lost(figure: str, sent: int, ours: int, bare: int | None = None) -> Row:
    """How many of those sent arrived; bare ones too, where that means something."""
    return Row(
        figure,
        f"{ours} of {sent}",
        "" if bare is None else f"{bare} of {sent}",
        limit="all",
        ok=ours == sent and bare in (sent, None),
    )


def figures_table(rows: Iterable[Row]) -> Table:
    """Median and range, ours and bare; the ratio of the medians; the median and range of the pairs' ratios."""
    columns = "Figure", "Ours", "Bare", "Ratio", "By pairs", "Limit", ""
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    verdicts = {True: "[green]ok[/]", False: "[red]over[/]", None: ""}
    for row in rows:
        table.add_row(row.figure, row.ours, row.bare, row.ratio, row.pairs, row.limit, verdicts[row.ok])
    return table


def writes_table(writes: Sequence[Write]) -> Table:
    """Each write of each step with its size, and the sums."""
    table = Table("Step", "Operation", "Table", "Bytes sent", box=box.SIMPLE_HEAD, pad_edge=False)
    table.columns[3].justify = "right"
    for write in writes:
        table.add_row(write.step, write.operation, write.table, f"{write.size:,}")
    steps = len({write.step for write in writes})
    total = sum(write.size for write in writes)
    table.add_section()
    table.add_row(
        f"{steps} steps",
        f"{len(writes)} writes",
        f"{len(writes) / steps:.1f} a step",
        f"{total:,}, {total / len(writes):,.0f} a write",
    )
    return table


def _spread(seconds: Sequence[float]) -> str:
    return f"{_time(median(seconds))} ({_time(min(seconds))} to {_time(max(seconds))})"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
