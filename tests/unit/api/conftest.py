"""State machines for the API to start, in moto."""

import json
from collections.abc import Callable

import pytest

from core import aws, settings

# What an execution of each machine does.
_STATES = {
    "waits": {"Type": "Wait", "Seconds": 3600, "End": True},
    "fails": {"Type": "Fail", "Error": "NoRecipeFits"},
}


@pytest.fixture
def machine(tables: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes ai-chef's state machine, one that `waits` or `fails`, and tells the API of it. Returns its ARN."""

    def make(does: str) -> str:
        definition = json.dumps({"StartAt": "Only", "States": {"Only": _STATES[does]}})
        role = "arn:aws:iam::123456789012:role/machine"
        made = aws.stepfunctions().create_state_machine(name="ai-chef-test", definition=definition, roleArn=role)
        arn = made["stateMachineArn"]
        monkeypatch.setenv("STATE_MACHINES", json.dumps({"ai-chef": arn, "order": arn.replace("ai-chef", "order")}))
        settings.load.cache_clear()
        return arn

    return make
