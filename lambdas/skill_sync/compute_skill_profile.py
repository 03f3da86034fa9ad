"""ComputeSkillProfile: makes levels of the scores."""

from core.step import Session, step
from skill_sync.levels import profile
from skill_sync.models import History, SkillProfile


@step(phase="computing_profile", done="profile_computed", progress=(40, 60))
def handler(request: History, session: Session) -> SkillProfile:
    """Compute the user's profile."""
    return profile(request)
