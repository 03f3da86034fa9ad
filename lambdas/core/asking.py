"""The step that asks somebody and waits for the answer. Decorate a plain function from request to question:

    @asking_step(phase="awaiting_approval", progress=40)
    def handler(request: ApprovalRequest, session: Session) -> Approval: ...

What it returns says who is asked: an Approval people, a Webhook another system; of Signals nobody is.

Its state is `lambda:invoke.waitForTaskToken`, and its payload has `"taskToken": "{% $states.context.Task.Token %}"`
beside execution and input. What the state returns is a core.questions.Decision; where nobody answers in time, it ends
with States.Timeout.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar, get_type_hints

from pydantic import BaseModel, Field

from core.callback_rows import Asking, CallbackRow
from core.callbacks import Callbacks
from core.errors import InvalidInput
from core.links import approval_url
from core.notifications import Notification, NotificationSettings, notify
from core.outputs import StepOutputs
from core.parameters import parameter, secret
from core.questions import Approval, Decision, Question, Signals, Webhook
from core.rows import Json
from core.sessions import Hold
from core.settings import StepSettings, load
from core.step import ClaimingStep, Event, Session

RequestT = TypeVar("RequestT", bound=BaseModel)


class AskingSettings(StepSettings):
    """What every step that asks reads."""

    callbacks_table: str = Field(min_length=1)


class SignalsSettings(AskingSettings, NotificationSettings):
    """What a step reads that only signals answer."""


class WebhookSettings(AskingSettings):
    """What a step that asks a system reads; `api_url_parameter` names the SSM parameter with the public API's URL."""

    api_url_parameter: str = Field(min_length=1)


class ApprovalSettings(WebhookSettings, NotificationSettings):
    """What a step that asks people reads; `approvals_secret` is what their links are signed with."""

    approvals_secret: str = Field(min_length=1)


def asking_step(*, phase: str, progress: int) -> Callable[[Callable[[RequestT, Session], Question]], "AskingStep"]:
    """The body must be pure: it says what to ask, and is run again on every delivery.

    The question is kept with the task's token, the session marked `waiting`, and only then is anybody asked. A
    repeated delivery keeps the newest token and asks nobody again.
    """
    return lambda body: AskingStep(body, phase, progress)


_SETTINGS: dict[type[Question], type[AskingSettings]] = {
    Approval: ApprovalSettings,
    Webhook: WebhookSettings,
    Signals: SignalsSettings,
}


class AskingStep(ClaimingStep):
    def __init__(self, body: Callable[[RequestT, Session], Question], phase: str, progress: int) -> None:
        super().__init__(body, phase)
        self.settings = _SETTINGS[get_type_hints(body)["return"]]
        self._start = progress

    def _once(self, hold: Hold, delivery: Event, session: Session) -> Json:
        if delivery.task_token is None:
            raise InvalidInput([("taskToken", "is missing: the state must be lambda:invoke.waitForTaskToken")])
        question: Question = self._work(delivery.input, session)
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
        if hold.succeeded and row["stepKey"] != session.step_key and (answer := _answer(hold, session)) is not None:
            row = callbacks.replay(asking, question, answer)
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


def _answer(hold: Hold, session: Session) -> Decision | None:
    """What this visit was answered with in an execution before, where a later round has its row."""
    steps = StepOutputs(load(AskingSettings).steps_table)
    kept = steps.get(session.session_id, hold.session_began, session.step_key)
    return None if kept is None else Decision.model_validate(kept)


def _ask(question: Question, row: CallbackRow) -> None:
    match question:
        case Webhook():
            question.send(f"{parameter(load(WebhookSettings).api_url_parameter)}/callbacks/{row['callbackId']}")
        case Approval():
            _invite(question, row)
    for number, notice in enumerate(question.notices):
        notify(notice, _deduplication_id(row, f"notice {number}"))


def _invite(question: Approval, row: CallbackRow) -> None:
    settings = load(ApprovalSettings)
    base_url, key = parameter(settings.api_url_parameter), secret(settings.approvals_secret)
    until = int(datetime.fromisoformat(row["expiresAt"]).timestamp())
    for approver in question.approvers:
        url = approval_url(base_url, row["callbackId"], approver, until, key)
        notify(_invitation(question, row, approver, url), _deduplication_id(row, approver))


def _deduplication_id(row: CallbackRow, whom: str) -> str:
    """The same for each delivery of an asking, another for the next round, and for the next execution's."""
    return hashlib.sha256(f"{row['round']} {row['executionArn']} {whom}".encode()).hexdigest()


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
