"""It is always the same time: a week before the reminders are due."""

from collections.abc import Iterator

import pytest

from tests.support.clock import Clock, at


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    with at("2026-11-21T09:00:00Z") as clock:
        yield clock
