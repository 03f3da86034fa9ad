"""A search as its steps know it: complete, and with the word whether the vendor has to be asked."""

from matching.models import Criteria, MatchingInput, Search, Seeker


def opened(raw: MatchingInput, search_id: str, review_seconds: int) -> Search:
    """The search under its id. review_seconds: how long the vendor may take.

    Matches from other countries, and certified coaches, are reviewed.
    """
    seeker = Seeker.model_validate(raw.seeker.model_dump())
    criteria = Criteria.model_validate(raw.criteria.model_dump())
    wanted = criteria.languages or seeker.languages
    return Search(
        search_id=search_id,
        seeker=seeker,
        criteria=criteria.model_copy(update={"languages": list(dict.fromkeys(wanted))}),
        callback_url=raw.callback_url,
        needs_review=criteria.international or (criteria.kind == "coach" and criteria.certified_only),
        review_seconds=review_seconds,
    )
