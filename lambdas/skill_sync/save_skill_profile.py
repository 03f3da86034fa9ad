"""SaveSkillProfile: keeps the profile, unless a newer one is there."""

from pydantic import Field

from core.settings import StepSettings, load
from core.step import Session, step
from skill_sync.models import Saved, SkillProfile
from skill_sync.profiles import SkillProfiles


class Settings(StepSettings):
    skill_profiles_table: str = Field(min_length=1)


@step(phase="saving_profile", done="profile_saved", progress=(60, 80))
def handler(request: SkillProfile, session: Session) -> Saved:
    """Save the profile, or leave the newer one."""
    profiles = SkillProfiles(load(Settings).skill_profiles_table)
    return Saved(saved=profiles.save(request, session.session_id))
