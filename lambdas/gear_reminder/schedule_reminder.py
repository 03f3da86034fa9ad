"""ScheduleReminder: accepts the reminder, and says how long to wait for its next occurrence."""

from pydantic import Field

from core import settings
from core.clock import DAY, moment
from core.models import validated
from core.step import Session, first_step
from gear_reminder.models import GearReminderInput, Plan, Reminder
from gear_reminder.schedule import scheduled


class Settings(settings.Settings):
    """longest_wait_seconds: how long one execution waits; it may run for a year, and does more than wait."""

    longest_wait_seconds: int = Field(gt=0, le=360 * DAY)


@first_step(phase="scheduling_reminder")
def handler(request: GearReminderInput, session: Session) -> Reminder:
    """Schedule what comes next: as the session's execution before has planned, in its first one as it was sent."""
    plan = Plan(anchor=request.scheduled_at) if session.carried is None else validated(Plan, session.carried)
    return scheduled(request, plan, moment(), settings.load(Settings).longest_wait_seconds)
