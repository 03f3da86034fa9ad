"""AwaitDue: waits until the reminder is due, or a signal comes."""

from core.asking import asking_step
from core.questions import Signals
from core.step import Session
from gear_reminder.models import Reminder

GRACE_SECONDS = 60 * 60
"""How much longer than the wait signals are taken, should the machine be late: ClaimDue ends that."""


@asking_step(phase="awaiting_due", progress=10)
def handler(request: Reminder, session: Session) -> Signals:
    """Let the reminder be moved or cancelled; the state's timeout is when it is due."""
    return Signals(accepts=("move", "cancel"), expires_in=request.seconds + GRACE_SECONDS)
