"""What a member is told."""

from core.notifications import Notification
from gear_reminder.models import Reminder

MENTIONED_FROM = 5 * 60
"""Seconds after which a reminder says that it is late."""
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def notification(reminder: Reminder, session_id: str, late_seconds: int) -> Notification:
    """The reminder; one that is late says so, and by how much."""
    lines = [reminder.message, "", f"Due {reminder.due_at.isoformat(' ', 'minutes')}."]
    if late_seconds > MENTIONED_FROM:
        lines.append(f"This reminder is {lateness(late_seconds)} late: it could not be sent in time.")
    return Notification(
        audience="members",
        recipient=reminder.user_id,
        workflow="gear-reminder",
        session_id=session_id,
        subject=f"{reminder.gear}: {reminder.reminder_type}",
        text="\n".join(lines),
    )


def lateness(seconds: int) -> str:
    """In its two largest units: "3 days 2 hours"."""
    parts = []
    for unit, length in _UNITS:
        amount, seconds = divmod(seconds, length)
        if amount:
            parts.append(f"{amount} {unit}{'s' if amount > 1 else ''}")
    return " ".join(parts[:2])
