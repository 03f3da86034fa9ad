"""The start of skill-sync by an event: a rider has completed a practice."""

import hashlib

from pydantic import Field

from core.executions import session_id_of
from core.record import ENDED
from core.settings import load
from core.starting import Sessions, StartSettings, starting
from skill_sync.models import PracticeCompleted
from skill_sync.practices import Practices


class Settings(StartSettings):
    practices_table: str = Field(min_length=1)


@starting
def handler(event: PracticeCompleted, sessions: Sessions) -> None:
    """Record the practice, and see to it that a session reads it: one that is to begin anyway, else its own.

    Raises PracticeConflict (final).
    """
    practice, practices = event.detail, Practices(load(Settings).practices_table)
    user_id, practice_id = practice.user_id, practice.practice_id
    delivery = practices.take_up(user_id, practice)
    if delivery == 0:
        return
    own, sync = sync_id(user_id, practice_id, delivery), {"userId": user_id}
    owing = practices.owe(user_id, own)
    # Each delivery starts the session that it counts on: the one that had it owe may have died before it could.
    ended = sessions.start(owing, sync)["status"] in ENDED
    if ended and practices.take_over(user_id, owing, own):  # that one failed, or was stopped, before it began
        sessions.start(own, sync)
    practices.settle(user_id, practice_id)


def sync_id(user_id: str, practice_id: str, delivery: int = 1) -> str:
    """The session that a delivery of a practice's event starts, if it starts one: no other user's, nor a caller's own,
    is called so.
    """
    digest = hashlib.sha256(f"{user_id}#{practice_id}#{delivery}".encode()).hexdigest()[:16]
    return session_id_of(None, f"sync-{practice_id}-{digest}")
