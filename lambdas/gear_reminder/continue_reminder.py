"""ContinueReminder: goes on in a next execution, so that no history grows and no wait meets an execution's end."""

from core.continuing import continuing_step
from core.step import Session
from gear_reminder.models import Plan, Settled
from gear_reminder.schedule import next_plan


@continuing_step(phase="reminder_continued")
def handler(request: Settled, session: Session) -> Plan:
    """Hand on where the session stands. Raises InvalidInput (final)."""
    return next_plan(request)
