"""LoadPractice: records the practice that the session was given, and loads what counts of all the user's."""

from pydantic import Field

from core.settings import StepSettings, load
from core.step import Session, step
from skill_sync.levels import history
from skill_sync.models import History, Sync
from skill_sync.practices import Practices


class Settings(StepSettings):
    practices_table: str = Field(min_length=1)


@step(phase="loading_practice", done="practice_loaded", progress=(10, 40))
def handler(request: Sync, session: Session) -> History:
    """Load the user's history. Raises PracticeConflict (final)."""
    practices = Practices(load(Settings).practices_table)
    if request.practice is not None:
        practices.record(request.user_id, request.practice)
    # Before the first read: a practice that is recorded from now on has a session of its own that owes the sync.
    practices.begin(request.user_id, session.session_id)
    return history(request.user_id, practices.of(request.user_id))
