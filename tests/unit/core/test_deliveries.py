"""The session record under duplicated, reordered, lost, crashed and racing deliveries."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import aws
from core.record import ENDED, Status, Table
from core.sessions import Hold
from core.step import Step
from operations import reconcile_session, sweep_sessions
from tests.support import toy
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.tables import record_of, result_of

_sessions = (f"session-{number}" for number in count(1))
STEPS: tuple[Step, ...] = (toy.OPEN, toy.WORK, toy.CLOSE)
PAYLOADS: tuple[dict[str, Any], ...] = ({"amount": 7}, {"amount": 7}, {"run": 0})
MOST_ATTEMPTS = 3


@pytest.fixture(autouse=True)
def _stopping(tables: None, environment: pytest.MonkeyPatch) -> Iterator[None]:
    environment.setenv("WORKFLOWS", '["toy"]')
    environment.setenv("STALE_AFTER_SECONDS", "1")
    with interleaved(), patch.object(sweep_sessions, "ago", lambda _seconds: "9999"):
        yield


def deliver(step: Step, execution: str, session_id: str, **fields: Any) -> Delivery:
    event = toy.event(execution, session_id, **fields)
    return Delivery(step.name, lambda: step(event, None)).start()


def run_through(session_id: str, execution: str = "first", until: int = len(STEPS)) -> list[Any]:
    deliveries = (
        deliver(step, execution, session_id, **payload).finish()
        for step, payload in list(zip(STEPS, PAYLOADS, strict=True))[:until]
    )
    return [delivery.output for delivery in deliveries]


def calls_of(make: Callable[[], Delivery]) -> int:
    """How many DynamoDB calls a delivery makes."""
    delivery, calls = make(), 0
    while not delivery.done:
        delivery.step()
        calls += 1
    return calls


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("position", range(len(STEPS)))
def test_a_delivery_killed_at_any_of_its_calls_is_made_good_by_the_next(position: int, fate: Fate) -> None:
    step, payload = STEPS[position], PAYLOADS[position]

    def prepared() -> str:
        session_id = next(_sessions)
        run_through(session_id, until=position)
        return session_id

    calls = calls_of(lambda: deliver(step, "first", prepared(), **payload))
    assert calls == (1 if position == 0 else 3)
    for fatal in range(calls):
        session_id = prepared()
        victim = deliver(step, "first", session_id, **payload)
        for _ in range(fatal):
            victim.step()
        victim.step(fate)
        assert victim.done
        assert victim.output is None
        again = deliver(step, "first", session_id, **payload).finish()
        third = deliver(step, "first", session_id, **payload).finish()
        assert again.error is None
        assert again.output == third.output
        record = record_of(session_id)
        assert record["steps"][step.name]["status"] == "succeeded"
        assert record["status"] == ("completed" if step is toy.CLOSE else "processing")


@pytest.mark.parametrize("position", [1, 2])
def test_a_body_is_not_run_again_once_its_output_is_kept(position: int) -> None:
    step, payload = STEPS[position], PAYLOADS[position]
    session_id = next(_sessions)
    run_through(session_id, until=position)
    victim = deliver(step, "first", session_id, **payload)
    victim.step()
    victim.step(Fate.DIE_AFTER)
    before = list(toy.runs)
    for _ in range(2):  # the first finds the output kept, the second the step succeeded
        again = deliver(step, "first", session_id, **payload).finish()
        assert again.error is None
        assert toy.runs == before


def test_a_delivery_that_succeeds_after_its_twin_failed_leaves_no_error() -> None:
    session_id = next(_sessions)
    run_through(session_id, until=1)
    table = Table("sessions-test")
    slow, failing = (Hold(table, session_id, toy.execution_arn("first"), "Work") for _ in range(2))
    slow.claim("working", 10)
    failing.claim("working", 10)
    failing.fail({"type": "Broken", "message": "it is broken"})
    assert record_of(session_id)["steps"]["Work"]["error"]["type"] == "Broken"
    slow.finish("worked", 50)
    entry = record_of(session_id)["steps"]["Work"]
    assert (entry["status"], entry["attempt"]) == ("succeeded", 2)
    assert "error" not in entry


def test_progress_does_not_fall_where_branches_overtake_each_other() -> None:
    session_id = next(_sessions)
    run_through(session_id, until=1)
    table = Table("sessions-test")
    fast, slow = (Hold(table, session_id, toy.execution_arn("first"), step) for step in ("Fast", "Slow"))
    fast.claim("fast", 60)
    slow.claim("slow", 20)
    assert record_of(session_id)["progress"] == 60
    fast.finish("fast_done", 80)
    slow.finish("slow_done", 40)
    assert record_of(session_id)["progress"] == 80
    late = Hold(table, session_id, toy.execution_arn("first"), "Late")
    late.claim("late", 10)
    late.complete(Status.EXPIRED, "nobody_answered")
    assert record_of(session_id)["progress"] == 80


@pytest.mark.parametrize("position", range(len(STEPS)))
def test_two_racing_deliveries_of_a_step_return_one_output_in_every_order(position: int) -> None:
    step, payload = STEPS[position], PAYLOADS[position]
    for order in range(2**6):
        session_id = next(_sessions)
        run_through(session_id, until=position)
        twins = [deliver(step, "first", session_id, **payload) for _ in range(2)]
        for turn in range(6):
            chosen = twins[order >> turn & 1]
            if not chosen.done:
                chosen.step()
        first, second = (twin.finish() for twin in twins)
        assert (first.error, second.error) == (None, None)
        assert first.output == second.output
        assert record_of(session_id)["steps"][step.name]["status"] == "succeeded"


def test_a_session_stopped_at_any_call_stays_as_it_ended() -> None:
    for position, (step, payload) in enumerate(zip(STEPS, PAYLOADS, strict=True)):
        for stopped_at in range(4):
            session_id = next(_sessions)
            run_through(session_id, until=position)
            late = deliver(step, "first", session_id, **payload)
            for _ in range(stopped_at):
                if not late.done:
                    late.step()
            had_ended = (record_of(session_id) or {}).get("status") == "completed"
            reconcile("first", session_id, "ABORTED").finish()
            ended = record_of(session_id)
            late.finish()
            assert ended["status"] == ("completed" if had_ended else "cancelled")
            assert record_of(session_id) == ended


def reconcile(execution: str, session_id: str, status: str, amount: int = 7) -> Delivery:
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:toy-test"
    detail = {
        "executionArn": toy.execution_arn(execution),
        "stateMachineArn": machine,
        "name": execution,
        "status": status,
        "input": f'{{"sessionId": "{session_id}", "amount": {amount}}}',
    }
    return Delivery("reconcile", lambda: reconcile_session.handler({"detail": detail}, None)).start()


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
        return deliver(STEPS[position], self.name, self.session_id, **payload)

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
        if output.get("duplicate") or self.position == len(STEPS):
            self.status = "SUCCEEDED"


class World:
    """Some executions of one session, the deliveries under way, and the record as it was last seen."""

    def __init__(self) -> None:
        self.session_id = next(_sessions)
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
            event = reconcile(execution.name, self.session_id, execution.status, execution.amount)
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
        world.duplicate(execution, data.draw(st.integers(0, min(execution.position, len(STEPS) - 1))))
    elif action == "stop" and execution.status == "RUNNING":
        execution.status = "ABORTED"
    elif action == "report":
        world.report(execution)
    elif action == "sweep":
        world.sweep()
        world.look()


@settings(
    max_examples=100,
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
