"""The result of gear-reminder, as its member reads what became of it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape


def print_reminder(result: Mapping[str, Any], console: Console) -> None:
    """Print what was due when, and whether it was sent.

    result: what the workflow stored, a `ReminderResult` of gear_reminder/models.py in camelCase.
    """
    reminder = f"{escape(result['gear'])}: {escape(result['reminderType'])}"
    if result["sentAt"] is None:
        console.print(f"[bold yellow]{reminder} was cancelled before it was due at {result['dueAt']}.[/]")
        return
    console.print(f"[bold green]{reminder} was sent to {escape(result['userId'])}.[/]")
    console.print(f"It was due at {result['dueAt']}, and sent {result['lateSeconds']:.0f} s later.", markup=False)
