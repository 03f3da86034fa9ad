"""How a command shows its stages and the time each took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def stage(console: Console, title: str) -> Iterator[None]:
    """Show that a stage of the work is under way, and once it succeeded, how many seconds it took."""
    began = time.monotonic()
    with console.status(f"{title} …"):
        yield
    console.print(f"[green]✔[/] {title:<22} {time.monotonic() - began:6.1f} s")
