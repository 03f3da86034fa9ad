"""EndReminder: ends the session, after the last occurrence was sent or the reminder was cancelled."""

from core.record import Status
from core.step import End, Session, last_step
from gear_reminder.models import ReminderResult, Settled


@last_step(phase="ending_reminder", progress=90)
def handler(request: Settled, session: Session) -> End[ReminderResult]:
    """Say what came of the reminder."""
    sent = request.sent
    result = ReminderResult(
        user_id=request.user_id,
        gear=request.gear,
        reminder_type=request.reminder_type,
        due_at=request.due_at,
        sent_at=sent.sent_at if sent else None,
        late_seconds=sent.late_seconds if sent else None,
        sent=request.sent_before + (sent is not None),
    )
    if sent is None:
        return End(result=result, outcome="cancelled", status=Status.CANCELLED)
    return End(result=result, outcome="sent")
