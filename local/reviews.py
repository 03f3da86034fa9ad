"""The result of course-review, as its author reads what became of it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape


def print_review(result: Mapping[str, Any], console: Console) -> None:
    """Print the review's course and rating, who decided what, and where the course stands now.

    result: what the workflow stored, a `ReviewResult` of course_review/models.py in camelCase.
    """
    console.print(f"[bold]{escape(result['courseName'])}[/] in {escape(result['resort'])}: {result['rating']:.0f} of 5")
    if result["reviewedAt"]:
        reason = f", saying: {result['reason']}" if result["reason"] else ""
        rounds = f"after {result['rounds']:.0f} rounds " if result["rounds"] > 1 else ""
        console.print(f"{result['reviewedBy']} decided {rounds}at {result['reviewedAt']}{reason}.", markup=False)
    for problem in result["reasons"]:
        console.print(f"- {problem}", markup=False)
    if result["rank"] is not None:
        standing = f"ranks {result['rank']:.0f} of {result['of']:.0f} in {result['resort']}"
        console.print(f"It {standing}, with a score of {result['score']:.2f}.", markup=False)
