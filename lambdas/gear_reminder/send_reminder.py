"""SendReminder: tells the member, once for each occurrence."""

from datetime import datetime

from core.clock import now
from core.notifications import notify
from core.step import Session, step
from gear_reminder.message import notification
from gear_reminder.models import Reminder, Sent


@step(phase="sending_reminder", done="reminder_sent", progress=(40, 60))
def handler(request: Reminder, session: Session) -> Sent:
    """Queue the reminder; one that is late says so."""
    sent_at = now()
    late_seconds = max(0, int((datetime.fromisoformat(sent_at) - request.due_at).total_seconds()))
    notify(
        notification(request, session.session_id, late_seconds),
        deduplication_id=f"{session.session_id}-{request.visit}",
    )
    return Sent(sent_at=sent_at, late_seconds=late_seconds)
