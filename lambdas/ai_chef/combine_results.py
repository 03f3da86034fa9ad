"""CombineResults: puts dish and prices together, and ends the session."""

from ai_chef.combine import combine, outcome_of
from ai_chef.models import CombineRequest, PricedRecipe
from core.step import End, Session, last_step


@last_step(phase="combining_results", progress=90)
def handler(request: CombineRequest, session: Session) -> End[PricedRecipe]:
    """Total the prices and hold them against the budget."""
    result = combine(request.profile, request.recipe, request.pricing)
    return End(result=result, outcome=outcome_of(result))
