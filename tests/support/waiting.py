"""Waiting for what happens elsewhere."""

import time
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds: many more than anything takes, for tests may share a busy machine."""


def eventually(true: Callable[[], bool]) -> None:
    """Waits until it is true; fails the test when it never is."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s"
        time.sleep(0.02)
