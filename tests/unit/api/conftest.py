"""State machines for the API to start, in moto."""

import json
from collections.abc import Callable

import pytest

from core import settings
from tests.support.executions import create_machine


@pytest.fixture
def machine(tables: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes ai-chef's state machine, one that `waits` or `fails`, and tells the API of it. Returns its ARN."""

    def make(does: str) -> str:
        arn = create_machine("ai-chef", does=does)
        monkeypatch.setenv("STATE_MACHINES", json.dumps({"ai-chef": arn, "order": arn.replace("ai-chef", "order")}))
        settings.load.cache_clear()
        return arn

    return make
