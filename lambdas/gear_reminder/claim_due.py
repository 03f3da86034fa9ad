"""ClaimDue: decides whether the time or a signal ended the wait: from here on nothing moves or cancels it."""

from core.asking import AskingSettings
from core.callbacks import Callbacks
from core.clock import now
from core.questions import Decision
from core.settings import load
from core.step import Session, step
from gear_reminder.models import Reminder
from gear_reminder.schedule import DUE


@step(phase="claiming_due", done="due_claimed", progress=(20, 30))
def handler(request: Reminder, session: Session) -> Decision:
    """The signal that came first, if one did; else the action `due`."""
    signal = Callbacks(load(AskingSettings).callbacks_table).close(session, "AwaitDue", request.visit)
    return signal or Decision(action=DUE, by="gear-reminder", at=now())
