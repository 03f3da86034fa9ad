"""FindCandidates: looks up who fits the search."""

from pydantic import Field

from core.settings import StepSettings, load
from core.step import Session, step
from matching.finding import find
from matching.models import Candidates, Search
from matching.profiles import Profiles
from matching.seasons import places


class Settings(StepSettings):
    profiles_table: str = Field(min_length=1)


@step(phase="finding_candidates", done="candidates_found", progress=(10, 30))
def handler(request: Search, session: Session) -> Candidates:
    """Find the best candidates among the profiles of the resort's season."""
    profiles = Profiles(load(Settings).profiles_table)
    return Candidates(candidates=find(request, profiles.at(places(request.criteria))))
