"""The session record in a world where deliveries repeat, die and overtake each other: hypothesis plays it.

Three executions of one session, two with the same input; steps' deliveries duplicated and killed; executions stopped;
status events late, repeated or lost; sweeps in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import aws
from core.record import ENDED
from operations import sweep_sessions
from tests.support import toy
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.tables import record_of, result_of

MOST_ATTEMPTS = 3


@pytest.fixture(autouse=True)
def _stopping(tables: None, environment: pytest.MonkeyPatch) -> Iterator[None]:
    environment.setenv("WORKFLOWS", '["toy"]')
    environment.setenv("STALE_AFTER_SECONDS", "1")
    with interleaved(), patch.object(sweep_sessions, "ago", lambda _seconds: "9999"):
        yield


@dataclass
class Execution:
    """A state machine's execution: one step after the other, each tried again when its Lambda dies."""

    name: str
    session_id: str
    amount: int
    status: str = "RUNNING"
    position: int = 0
    attempts: int = 0
    current: Delivery | None = None
    outputs: dict[int, list[Any]] = field(default_factory=dict)

    def invoke(self, position: int) -> Delivery:
        payload = {"amount": self.amount} if position < 2 else {"run": 0}
        return toy.deliver(toy.STEPS[position], self.name, self.session_id, **payload)

    def go_on(self) -> None:
        """What Step Functions does next: invoke, take the answer, or try again."""
        if self.status != "RUNNING":
            return
        if self.current is None:
            self.current, self.attempts = self.invoke(self.position), self.attempts + 1
        if not self.current.done:
            return
        ended, self.current = self.current, None
        if ended.output is not None:
            self._succeeded(ended.output)
        elif ended.error is not None or self.attempts == MOST_ATTEMPTS:
            self.status = "FAILED"

    def _succeeded(self, output: Any) -> None:
        self.outputs.setdefault(self.position, []).append(output)
        self.position, self.attempts = self.position + 1, 0
        if output.get("duplicate") or self.position == len(toy.STEPS):
            self.status = "SUCCEEDED"


class World:
    """Some executions of one session, the deliveries under way, and the record as it was last seen."""

    def __init__(self) -> None:
        self.session_id = toy.new_session()
        self.executions = [
            Execution("a", self.session_id, 7),
            Execution("b", self.session_id, 7),
            Execution("c", self.session_id, 8),
        ]
        self.extras: list[tuple[Execution | None, int, Delivery]] = []
        self.seen: Any = None

    def under_way(self) -> list[Delivery]:
        current = [execution.current for execution in self.executions if execution.current is not None]
        return [delivery for delivery in (*current, *(extra for *_, extra in self.extras)) if not delivery.done]

    def duplicate(self, execution: Execution, position: int) -> None:
        self.extras.append((execution, position, execution.invoke(position)))

    def report(self, execution: Execution) -> None:
        """A status-change event: at any time after the end, any number of times, or never."""
        if execution.status in ("FAILED", "ABORTED"):
            event = toy.reconcile(execution.name, self.session_id, execution.status, execution.amount)
            self.extras.append((None, 0, event))

    def sweep(self) -> None:
        client = SimpleNamespace(
            describe_execution=self._describe, exceptions=SimpleNamespace(ExecutionDoesNotExist=KeyError)
        )
        with patch.object(aws, "stepfunctions", lambda: client):
            sweep_sessions.handler({}, None)

    def _describe(self, **request: str) -> Any:
        return {"status": {toy.execution_arn(e.name): e.status for e in self.executions}[request["executionArn"]]}

    def settle(self) -> None:
        """Everything under way comes to its end, and the sweep comes by; events may all have been lost."""
        while any(execution.status == "RUNNING" for execution in self.executions) or self.under_way():
            for execution in self.executions:
                execution.go_on()
            for delivery in self.under_way():
                delivery.step()
                self.look()
        self.sweep()
        self.look()
        for repeated, position, extra in self.extras:
            if repeated is not None and extra.output is not None:
                repeated.outputs.setdefault(position, []).append(extra.output)

    def look(self) -> None:
        """What must hold from one write to the next."""
        before, self.seen = self.seen, record_of(self.session_id)
        if before is None:
            return
        now = self.seen
        assert now["progress"] >= before["progress"]
        assert now["version"] in (before["version"], before["version"] + 1)
        assert (now["executionArn"], now["inputHash"]) == (before["executionArn"], before["inputHash"])
        if before["status"] in ENDED:
            assert now == before


FATES = st.sampled_from([Fate.GO_ON, Fate.GO_ON, Fate.GO_ON, Fate.DIE_BEFORE, Fate.DIE_AFTER])


def _turn(world: World, data: st.DataObject) -> None:
    under_way = world.under_way()
    if under_way and data.draw(st.integers(0, 4)) > 0:
        under_way[data.draw(st.integers(0, len(under_way) - 1))].step(data.draw(FATES))
        world.look()
        return
    execution = data.draw(st.sampled_from(world.executions))
    action = data.draw(st.sampled_from(["go on", "go on", "go on", "duplicate", "stop", "report", "sweep"]))
    if action == "go on":
        execution.go_on()
    elif action == "duplicate":
        world.duplicate(execution, data.draw(st.integers(0, min(execution.position, len(toy.STEPS) - 1))))
    elif action == "stop" and execution.status == "RUNNING":
        execution.status = "ABORTED"
    elif action == "report":
        world.report(execution)
    elif action == "sweep":
        world.sweep()
        world.look()


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_whatever_happens_to_deliveries_the_record_tells_the_truth_and_outputs_stand(data: st.DataObject) -> None:
    world = World()
    for _ in range(data.draw(st.integers(5, 60))):
        _turn(world, data)
    world.settle()

    record = world.seen
    if record is None:
        assert all(execution.status == "ABORTED" for execution in world.executions)
        return
    owner = next(e for e in world.executions if toy.execution_arn(e.name) == record["executionArn"])
    _check_record(record, owner)
    _check_outputs(world, record, owner)
    for other in world.executions:
        if other is not owner:
            _check_refused(other, owner)


def _check_record(record: Any, owner: Execution) -> None:
    assert record["status"] in ENDED
    assert "openWorkflow" not in record
    if record["status"] != "completed":
        assert record["status"] == {"FAILED": "failed", "ABORTED": "cancelled"}[owner.status]
    assert (record["progress"] == 100) == (record["status"] == "completed")


def _check_outputs(world: World, record: Any, owner: Execution) -> None:
    for outputs in owner.outputs.values():
        assert all(output == outputs[0] for output in outputs)
    if record["status"] == "completed":
        result = result_of(world.session_id)["result"]
        assert all(output["result"] == result for output in owner.outputs.get(2, []))


def _check_refused(other: Execution, owner: Execution) -> None:
    assert other.position <= 1
    assert all(output["duplicate"] for output in other.outputs.get(0, []))
    if other.amount != owner.amount:
        assert other.status in ("FAILED", "ABORTED")
