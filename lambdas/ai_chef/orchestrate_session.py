"""OrchestrateSession: accepts the profile."""

from ai_chef.models import AiChefInput, RecipeRequest
from ai_chef.rules import needs_of
from core.step import Session, first_step


@first_step(phase="started")
def handler(request: AiChefInput, session: Session) -> RecipeRequest:
    """Hand on the profile, once every word in it is understood. Raises InvalidInput (final)."""
    needs_of(request.profile)
    return RecipeRequest(profile=request.profile)
