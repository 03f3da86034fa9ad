"""The step that asks somebody and waits for the answer. Decorate a plain function from request to question:

    @asking_step(phase="awaiting_approval", progress=40)
    def handler(request: ApprovalRequest, session: Session) -> Approval: ...

Its state is `lambda:invoke.waitForTaskToken`, and its payload has `"taskToken": "{% $states.context.Task.Token %}"`
beside execution and input. What the state returns is a core.callbacks.Decision; where nobody answers in time, it ends
with States.Timeout.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, Field

from core.callbacks import Approval, Asking, CallbackRow, Callbacks, Webhook
from core.errors import InvalidInput
from core.links import approval_url
from core.notifications import Notification, NotificationSettings, notify
from core.parameters import parameter, secret
from core.rows import Json
from core.sessions import Hold
from core.settings import Settings, load
from core.step import ClaimingStep, Event, Session

RequestT = TypeVar("RequestT", bound=BaseModel)


class AskingSettings(Settings):
    """What every step that asks reads; `api_url_parameter` names the SSM parameter with the public API's URL."""

    callbacks_table: str = Field(min_length=1)
    api_url_parameter: str = Field(min_length=1)


class ApprovalSettings(AskingSettings, NotificationSettings):
    """What a step that asks people reads; `approvals_secret` is what their links are signed with."""

    approvals_secret: str = Field(min_length=1)


def asking_step(
    *, phase: str, progress: int
) -> Callable[[Callable[[RequestT, Session], Approval | Webhook]], "AskingStep"]:
    """The body must be pure: it says what to ask, and is run again on every delivery.

    The question is kept with the task's token, the session marked `waiting`, and only then is anybody asked. A
    repeated delivery keeps the newest token and asks nobody again.
    """
    return lambda body: AskingStep(body, phase, progress)


class AskingStep(ClaimingStep):
    settings = AskingSettings

    def __init__(self, body: Callable[[RequestT, Session], Approval | Webhook], phase: str, progress: int) -> None:
        super().__init__(body, phase)
        self._start = progress

    def _once(self, hold: Hold, delivery: Event, session: Session) -> Json:
        if delivery.task_token is None:
            raise InvalidInput([("taskToken", "is missing: the state must be lambda:invoke.waitForTaskToken")])
        question: Approval | Webhook = self._work(delivery.input, session)
        callbacks = Callbacks(load(AskingSettings).callbacks_table)
        asking = Asking(
            session_id=session.session_id,
            session_began=hold.session_began,
            workflow=self.workflow,
            step=self.name,
            step_key=session.step_key,
            execution_arn=delivery.execution.id,
            token=delivery.task_token,
            version=hold.version,
            answered=hold.succeeded,
        )
        row = callbacks.ask(asking, question)
        if not hold.succeeded:
            hold.wait(
                {
                    "callbackId": row["callbackId"],
                    "kind": row["kind"],
                    "step": row["stepKey"],
                    "expiresAt": row["expiresAt"],
                }
            )
        if not hold.succeeded and "askedAt" not in row:
            _ask(question, row)
            callbacks.asked(row["callbackId"])
        return {"callbackId": row["callbackId"]}


def _ask(question: Approval | Webhook, row: CallbackRow) -> None:
    base_url = parameter(load(AskingSettings).api_url_parameter)
    if isinstance(question, Webhook):
        question.send(f"{base_url}/callbacks/{row['callbackId']}")
        return
    key = secret(load(ApprovalSettings).approvals_secret)
    until = int(datetime.fromisoformat(row["expiresAt"]).timestamp())
    for approver in question.approvers:
        url = approval_url(base_url, row["callbackId"], approver, until, key)
        same = f"{row['round']} {row['executionArn']} {approver}"
        notify(_invitation(question, row, approver, url), hashlib.sha256(same.encode()).hexdigest())


def _invitation(question: Approval, row: CallbackRow, approver: str, url: str) -> Notification:
    facts = [f"{fact.label}: {fact.value}" for fact in question.facts]
    total = [] if question.total is None else [f"Total: {question.total}"]
    lines = [question.title, f"Asked by {question.asked_by}", *facts, *total, f"Until {row['expiresAt']}", "", url]
    return Notification(
        audience="approvers",
        recipient=approver,
        workflow=row["workflow"],
        session_id=row["sessionId"],
        subject=question.title[:99],
        text="\n".join(lines),
    )
