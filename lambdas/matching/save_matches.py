"""SaveMatches: keeps the result and ends the session, so that whoever polls has it before it is delivered."""

from core.step import End, Session, last_step
from matching.models import Matches
from matching.ranking import outcome


@last_step(phase="saving_matches", progress=90)
def handler(request: Matches, session: Session) -> End[Matches]:
    """End the search with its matches."""
    return End(result=request, outcome=outcome(request))
