"""OpenSync: accepts the input."""

from core.step import Session, first_step
from skill_sync.models import Practice, SkillSyncInput, Sync


@first_step(phase="opening_sync")
def handler(request: SkillSyncInput, session: Session) -> Sync:
    """Hand on whose profile is synced, and the practice that is to be recorded first."""
    practice = request.practice and Practice.model_validate(request.practice.model_dump())
    return Sync(user_id=request.user_id, practice=practice)
