"""The step with which a session goes on in a next execution, so that no history grows over months and years:

    @continuing_step(phase="rescheduled")
    def handler(request: NextReminder, session: Session) -> Carried: ...

Its payload's input has `"given"`, the execution's own input. The next execution is started with it and with what the
body returns, which its first step finds in `session.carried`. Its state is the last one of this execution.
"""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from core.errors import InvalidInput, SessionConflict
from core.executions import continued
from core.record import ENDED, SessionError, Status, Table
from core.rows import Json
from core.sessions import close
from core.settings import Settings, load
from core.starts import continue_in_next, start_execution
from core.step import Event, Session, Step, as_json

RequestT = TypeVar("RequestT", bound=BaseModel)
CarriedT = TypeVar("CarriedT", bound=BaseModel)

_TAKEN: SessionError = {"type": "SessionConflict", "message": "the name of its next execution was taken"}


def continuing_step(*, phase: str) -> Callable[[Callable[[RequestT, Session], CarriedT]], "ContinuingStep"]:
    """The body must be pure: it is run again on every delivery. The record is handed over before the next execution
    starts, so a delivery that is lost in between is made good by its repetition.

    A state that is visited in each of the session's executions passes `item`, another one each time.
    """
    return lambda body: ContinuingStep(body, phase)


class ContinuingStep(Step):
    settings = Settings

    def _run(self, delivery: Event, session: Session) -> Json:
        given = delivery.input.get("given")
        if not isinstance(given, dict):
            raise InvalidInput([("given", "is missing: pass the execution's own input, as the first state assigns it")])
        carried = as_json(self._work(delivery.input, session))
        table, session_id = Table(load(self.settings).sessions_table), session.session_id
        record = continue_in_next(table, session_id, delivery.execution.id, session.step_key, self._phase, carried)
        arn = record["executionArn"]
        if record["status"] in ENDED:  # since this delivery, or one before it, handed it over
            return {"executionArn": arn}
        if not start_execution(arn, session_id, continued(given, session_id, record["carried"])):
            close(table, record, arn, Status.FAILED, lambda _: _TAKEN)  # as no event of this execution will
            raise SessionConflict(_TAKEN["message"])
        return {"executionArn": arn}
