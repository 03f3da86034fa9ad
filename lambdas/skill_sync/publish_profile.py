"""PublishProfile: tells other systems of the profile, if it was saved, and ends the session."""

from core.events import publish
from core.step import End, Session, last_step
from skill_sync.models import PublishRequest, SkillProfile


@last_step(phase="publishing_profile", progress=90)
def handler(request: PublishRequest, session: Session) -> End[SkillProfile]:
    """Publish a saved profile; it may arrive twice, and its userId and practices tell a repetition."""
    profile = SkillProfile.model_validate(request.model_dump())
    if request.saved:
        publish("skill.profile.updated", profile)
    return End(result=profile, outcome="published" if request.saved else "superseded")
