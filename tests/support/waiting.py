"""Waiting for what happens elsewhere."""

import time
from collections.abc import Callable


def eventually(true: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until it is true; fails the test when it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
