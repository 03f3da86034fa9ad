"""The result of matching, as a person reads whom a search found."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

REVIEWS = {
    "reviewed": "The vendor has reviewed them.",
    "unreviewed": "The vendor has not answered, so nobody has reviewed them.",
    "not_needed": "The search needed no review.",
}


def print_matches(result: Mapping[str, Any], console: Console) -> None:
    """Print the matches, the best first, each with its score and the reasons for it.

    result: what the workflow stored, a `Matches` of matching/models.py in camelCase.
    """
    found, considered = len(result["matches"]), f"{result['considered']:.0f}"
    if not found:
        console.print(f"[bold yellow]Nobody fits, of {considered} who were considered.[/]")
        return
    noun = {"buddy": ("buddy", "buddies"), "coach": ("coach", "coaches")}[result["kind"]][found > 1]
    console.print(f"[bold]{found} {noun}[/] of {considered} who were considered. {REVIEWS[result['review']]}\n")
    table = Table("Score", "Who", "Reviewed", "Why", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.columns[0].justify = "right"
    for match in result["matches"]:
        reviewed = "yes" if match["reviewed"] else "no"
        table.add_row(f"{match['score']:.0f}", escape(match["userId"]), reviewed, escape(" ".join(match["reasons"])))
    console.print(table)
