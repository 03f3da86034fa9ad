"""OpenSearch: accepts a search."""

from pydantic import Field

from core.errors import InvalidInput
from core.origins import OriginSettings, allowed
from core.settings import load
from core.step import Session, first_step
from matching.models import MatchingInput, Search
from matching.opening import opened


class Settings(OriginSettings):
    """review_seconds: how long the vendor may take; a day at most."""

    review_seconds: int = Field(gt=0, le=24 * 60 * 60)


@first_step(phase="opening_search")
def handler(request: MatchingInput, session: Session) -> Search:
    """Open the search under the session's id. Raises InvalidInput (final)."""
    settings = load(Settings)
    if request.callback_url is not None and not allowed(request.callback_url, settings.callback_origins):
        raise InvalidInput([("callbackUrl", "is at none of the origins that results are delivered to on this stage")])
    return opened(request, session.session_id, settings.review_seconds)
