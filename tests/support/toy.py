"""A workflow that does nothing but tell its runs apart, to test the core with: three steps, two that ask, one that goes
on in a next execution, and two that deliver.
"""

from itertools import count
from typing import Any

from core.asking import asking_step
from core.continuing import continuing_step
from core.deliveries import Delivery
from core.delivering import delivering_step, parking_step
from core.models import Model, WorkflowInput
from core.notifications import Notification
from core.questions import Approval, Fact, Signals
from core.step import End, Session, Step, first_step, last_step, step
from operations import reconcile_session
from tests.support import interleaving

WORKFLOW = "toy"
APPROVERS = ("ann", "ben")
EXPIRES_IN = 3600
_numbers = count(1)
runs: list[int] = []
"""The numbers of all runs so far."""


def _run() -> int:
    runs.append(next(_numbers))
    return runs[-1]


class ToyInput(WorkflowInput):
    amount: int


class Amount(Model):
    amount: int


class Work(Model):
    run: int
    """Another number for each run of a body: two deliveries with one number share one run's output."""


def open_toy(request: ToyInput, session: Session) -> Amount:
    return Amount(amount=request.amount)


def work(request: Amount, session: Session) -> Work:
    return Work(run=_run())


def close_toy(request: Work, session: Session) -> End[Work]:
    return End(result=Work(run=_run()), outcome="done")


def ask(request: Amount, session: Session) -> Approval:
    return Approval(
        title=f"Spend {request.amount}?",
        asked_by="toy",
        facts=[Fact(label="For", value="toys")],
        total=f"{request.amount}.00 USD",
        accepts=("approve", "reject"),
        approvers=APPROVERS,
        expires_in=EXPIRES_IN,
    )


def await_signal(request: Amount, session: Session) -> Signals:
    told = Notification(
        audience="members",
        recipient="cleo",
        workflow=WORKFLOW,
        session_id=session.session_id,
        subject="Toys wait",
        text=f"{request.amount} toys wait for a signal.",
    )
    return Signals(accepts=("move", "cancel"), expires_in=EXPIRES_IN, notices=(told,))


class Round(Model):
    number: int


def go_on(request: Round, session: Session) -> Round:
    return Round(number=request.number + 1)


class HandOver(Model):
    url: str


def hand_over(request: HandOver, session: Session) -> Delivery:
    return Delivery(url=request.url, body={"toy": session.session_id})


def put_aside(request: HandOver, session: Session) -> Delivery:
    return hand_over(request, session)


for _body in (open_toy, work, close_toy, ask, await_signal, go_on, hand_over, put_aside):
    _body.__module__ = f"toy.{_body.__name__}"

OPEN = first_step(phase="started")(open_toy)
WORK = step(phase="working", done="worked", progress=(10, 50))(work)
CLOSE = last_step(phase="closing", progress=90)(close_toy)
ASK = asking_step(phase="awaiting_approval", progress=30)(ask)
AWAIT = asking_step(phase="awaiting_signal", progress=30)(await_signal)
GO_ON = continuing_step(phase="continued")(go_on)

HAND_OVER = delivering_step(hand_over)
PUT_ASIDE = parking_step(put_aside)


def execution_arn(name: str) -> str:
    return f"arn:aws:states:us-east-1:123456789012:execution:{WORKFLOW}-test:{name}"


def event(execution: str, session_id: str, **fields: Any) -> dict[str, Any]:
    """What the state machine sends: an input with the session's id."""
    return {
        "execution": {"id": execution_arn(execution), "name": execution, "startTime": "2026-01-01T00:00:00Z"},
        "input": {"sessionId": session_id, **fields},
    }


def asking(execution: str, session_id: str, token: str, **beside: Any) -> dict[str, Any]:
    """What the state machine sends to a step that asks, with its task's token."""
    return {**event(execution, session_id, amount=7), "taskToken": token, **beside}


def going_on(execution: str, session_id: str, number: int = 1) -> dict[str, Any]:
    """What the state machine sends to the step that goes on, in the session's execution of this number."""
    given = {"sessionId": session_id, "amount": 7}
    return {**event(execution, session_id, given=given, number=number), "item": number}


STEPS: tuple[Step, ...] = (OPEN, WORK, CLOSE)

_sessions = count(1)


def new_session() -> str:
    """A session's id that no test has used."""
    return f"session-{next(_sessions)}"


def deliver(step: Step, execution: str, session_id: str, **fields: Any) -> interleaving.Delivery:
    """A delivery of a step, up to its first call."""
    sent = event(execution, session_id, **fields)
    return interleaving.Delivery(step.name, lambda: step(sent, None)).start()


def finished_session() -> str:
    """A session that has ended as `completed`, and whose result nobody was sent yet."""
    session_id = new_session()
    OPEN(event("first", session_id, amount=7), None)
    CLOSE(event("first", session_id, run=1), None)
    return session_id


def deliver_ask(execution: str, session_id: str, token: str, step: Step = ASK, **beside: Any) -> interleaving.Delivery:
    """A delivery of a step that asks, up to its first call."""
    sent = asking(execution, session_id, token, **beside)
    return interleaving.Delivery(step.name, lambda: step(sent, None)).start()


def reconcile(execution: str, session_id: str, status: str, amount: int = 7) -> interleaving.Delivery:
    """The reconciler, invoked with an execution's status event, up to its first call."""
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:toy-test"
    detail = {
        "executionArn": execution_arn(execution),
        "stateMachineArn": machine,
        "name": execution,
        "status": status,
        "input": f'{{"sessionId": "{session_id}", "amount": {amount}}}',
    }
    return interleaving.Delivery("reconcile", lambda: reconcile_session.handler({"detail": detail}, None)).start()
