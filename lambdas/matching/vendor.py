"""The vendor that reviews candidates: a service behind a REST API, which answers later by webhook. Its protocol:
docs/matching.md.
"""

from core import http
from core.models import Model
from core.settings import WrongSettings
from matching.errors import VendorRefused, VendorUnavailable
from matching.models import Candidate, Kind, Search

_SECONDS = 4.0


class ReviewCandidate(Model):
    """What the vendor is told of a candidate."""

    user_id: str
    level: int
    certification: str | None


class ReviewRequest(Model):
    """What the vendor is sent. request_id: repeating it asks once. callback_url: where its answer goes."""

    request_id: str
    callback_url: str
    kind: Kind
    resort: str
    candidates: list[ReviewCandidate]


class Vendor:
    """Asks the vendor. Follows no redirect and repeats no request: the machine does, with the same id."""

    def __init__(self, url: str, api_key: str) -> None:
        """Raises WrongSettings unless the vendor's address is https, or on this machine."""
        if not http.is_private(url):
            raise WrongSettings("the vendor's address must begin with https://")
        self._url, self._api_key = url.rstrip("/"), api_key

    def request(self, request: ReviewRequest) -> None:
        """Asks for a review, once for each id, however often it is called.

        Raises VendorUnavailable where trying again may help, VendorRefused where it cannot.
        """
        headers = {"Authorization": f"Bearer {self._api_key}", "Content-Type": "application/json"}
        body = request.model_dump_json(by_alias=True).encode()
        try:
            status, _ = http.post(f"{self._url}/reviews", body, headers, seconds=_SECONDS)
        except http.NoAnswer as error:
            raise VendorUnavailable(f"the vendor gave no answer: {error}") from None
        if http.comes_back(status):
            raise VendorUnavailable(f"the vendor answered {status}")
        if not 200 <= status < 300:
            raise VendorRefused(f"the vendor refused the request: status {status}")


def review_request(search: Search, candidates: list[Candidate], callback_url: str) -> ReviewRequest:
    """What the vendor is asked: no more of each candidate than it needs to tell whom it knows, and how well."""
    return ReviewRequest(
        request_id=search.search_id,
        callback_url=callback_url,
        kind=search.criteria.kind,
        resort=search.criteria.resort,
        candidates=[
            ReviewCandidate(user_id=each.user_id, level=each.level, certification=each.certification)
            for each in candidates
        ],
    )
