"""What matching is sent, what its steps hand on, and its result. Levels are those of CASI's snowboard instructors, 1 to
4, and 0 is none: https://casi-acms.com/. Dates are days at the resort; a range includes both its ends.
"""

from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from core.fields import Day, Id, Slug, wrong
from core.models import Input, Model, SessionId, WorkflowInput

LONGEST_SEARCH_DAYS = 60
MOST_MATCHES = 20
LONGEST_URL = 2048


def _callback_url(given: str) -> str:
    if "\\" in given or "#" in given:
        raise wrong("should have no fragment and no backslash")
    try:
        parts = urlsplit(given)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise wrong("is not a URL") from None
    if not host or "@" in parts.netloc:
        raise wrong("should have a host, and no user info")
    return given


Level = Annotated[int, Field(ge=0, le=4)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Languages = Annotated[list[Language], Field(max_length=10)]
Kind = Literal["buddy", "coach"]
Stance = Literal["regular", "goofy"]
Discipline = Literal["all-mountain", "backcountry", "carving", "freeride", "freestyle", "park", "race"]
_Url = StringConstraints(pattern=r"^https?://[!-~]+$", max_length=LONGEST_URL)
CallbackUrl = Annotated[str, _Url, AfterValidator(_callback_url)]


class Seeker(Model):
    """Who searches.

    languages: ISO 639-1 codes, e.g. ["en", "ko"].
    """

    user_id: Id
    level: Level
    languages: Languages = Field(min_length=1)
    stance: Stance | None = None
    disciplines: list[Discipline] = Field(min_length=1, max_length=7)


class Criteria(Model):
    """What is searched for.

    resort: a slug, e.g. "whistler".
    languages: of which a match speaks at least one; the seeker's where there are none.
    certified_only: only who holds an instructor's certificate.
    international: matches come from other countries, and are reviewed.
    limit: the most matches that the result has.
    """

    resort: Slug
    start_date: Day
    end_date: Day
    kind: Kind
    min_level: Level = 0
    max_level: Level = 4
    languages: Languages = Field(default=[])
    certified_only: bool = False
    international: bool = False
    limit: int = Field(default=10, ge=1, le=MOST_MATCHES)

    @property
    def days(self) -> int:
        """How many days the search is for."""
        return (self.end_date - self.start_date).days + 1


class SeekerInput(Seeker, Input):
    """The seeker as people send it."""


class CriteriaInput(Criteria, Input):
    """The criteria as people send them."""

    @field_validator("end_date")
    @classmethod
    def _not_too_long(cls, end: date, others: ValidationInfo) -> date:
        start = others.data.get("start_date", end)
        if end < start:
            raise wrong("is before the start date")
        if (end - start).days >= LONGEST_SEARCH_DAYS:
            raise wrong(f"makes the search longer than {LONGEST_SEARCH_DAYS} days")
        return end

    @field_validator("max_level")
    @classmethod
    def _not_below_the_lowest(cls, highest: int, others: ValidationInfo) -> int:
        if highest < others.data.get("min_level", highest):
            raise wrong("is below the lowest level")
        return highest


class MatchingInput(WorkflowInput):
    """The workflow's input.

    search_id: the session's id in the platform's word; with a sessionId beside it, the same.
    callback_url: where the result is delivered, signed; its origin must be on the stage's list.
    """

    search_id: SessionId | None = None
    seeker: SeekerInput
    criteria: CriteriaInput
    callback_url: CallbackUrl | None = None

    @field_validator("search_id")
    @classmethod
    def _the_session_s(cls, given: str | None, others: ValidationInfo) -> str | None:
        if None not in (given, others.data.get("session_id")) and given != others.data["session_id"]:
            raise wrong("differs from sessionId, which means the same")
        return given


class Search(Model):
    """OpenSearch's output: what each step after it is given. review_seconds: how long the vendor may take."""

    search_id: str
    seeker: Seeker
    criteria: Criteria
    callback_url: str | None = None
    needs_review: bool
    review_seconds: int


class Period(Model):
    """Days on which somebody is free, both ends included."""

    start_date: date
    end_date: date


class Profile(Model):
    """A row of table `profiles`: one person in one season at one resort. place: "whistler#2026-27" (seasons.py).

    kinds: what the person wants to be found as. certification: who issued the person's instructor's certificate, e.g.
    "CASI"; the level is CASI's, or counts as such.
    """

    place: str
    user_id: Id
    kinds: list[Kind] = Field(min_length=1)
    level: Level
    languages: Languages = Field(min_length=1)
    stance: Stance | None = None
    disciplines: list[Discipline] = Field(max_length=7)
    certification: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = None
    availability: list[Period] = Field(max_length=50)


class Candidate(Model):
    """Somebody who fits the search. days: how many of the searched days the person is free.

    languages: those that were searched for. disciplines: those that the seeker rides too.
    """

    user_id: str
    level: int
    certification: str | None = None
    languages: list[str]
    stance: Stance | None = None
    disciplines: list[str]
    days: int


class Candidates(Model):
    """FindCandidates' output: the best first."""

    candidates: list[Candidate]


class FoundSearch(Search, Candidates):
    """What RequestVendorReview is given."""


class RankRequest(FoundSearch):
    """What RankMatches is given. reviews: what the vendor answered, whatever that is."""

    reviews: Any = None


class Review(Model):
    """What the vendor says of a candidate. rating: of 100, or None where the vendor knows too little."""

    user_id: str
    approved: Annotated[bool, Field(strict=True)]
    rating: Annotated[float, Field(ge=0, le=100, strict=True, allow_inf_nan=False)] | None = None


class Reviews(Model):
    """The vendor's answer. Candidates that it leaves out are not reviewed."""

    reviews: list[Review]


class Match(Model):
    """A candidate in the result. score: 0 to 100. reviewed: by the vendor. reasons: sentences for people."""

    user_id: str
    score: int = Field(ge=0, le=100)
    reviewed: bool
    reasons: list[str]


class Matches(Model):
    """The result. considered: how many fitted the search, before the vendor's word and the limit."""

    search_id: str
    kind: Kind
    review: Literal["reviewed", "unreviewed", "not_needed"]
    considered: int
    matches: list[Match]


class DeliverRequest(Model):
    """What DeliverResult and ParkDelivery are given."""

    callback_url: str
    result: Matches
