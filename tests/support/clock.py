"""The time as the code under test sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from unittest.mock import patch


@dataclass
class Clock:
    """What the time is, in epoch seconds."""

    seconds: float

    def advance(self, seconds: float) -> None:
        self.seconds += seconds

    def set(self, moment: str) -> None:
        """moment: ISO 8601 with an offset."""
        self.seconds = datetime.fromisoformat(moment).timestamp()


@contextmanager
def at(moment: str) -> Iterator[Clock]:
    """Has core.clock tell this time (ISO 8601 with an offset), which stands still unless it is moved."""
    clock = Clock(datetime.fromisoformat(moment).timestamp())
    with patch("core.clock.time", SimpleNamespace(time=lambda: clock.seconds)):
        yield clock
