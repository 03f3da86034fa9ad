"""Fields that inputs of several workflows have: ids, lines of text, days and moments."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError


def wrong(problem: str) -> PydanticCustomError:
    """What a validator raises: the field, and what is wrong with it, e.g. "is in the past"."""
    return PydanticCustomError("wrong", problem)


def _day(given: Any) -> Any:
    """A date as JSON writes it. Other types are left to the field, which refuses what is no date."""
    if not isinstance(given, str):
        return given
    try:
        return date.fromisoformat(given if re.fullmatch(r"\d{4}-\d\d-\d\d", given) else "")
    except ValueError:
        raise wrong("should be a date such as 2027-01-31") from None


def _moment(given: Any) -> Any:
    """A moment as JSON writes it, which UTC has too. Other types are left to the field."""
    if not isinstance(given, str):
        return given
    try:
        moment = datetime.fromisoformat(given if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", given) else "")
        moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong("should be a date with a time, such as 2027-01-31T09:00:00+01:00") from None
    if moment.tzinfo is None:
        raise wrong("has no offset from UTC; write one, such as 2027-01-31T09:00:00+01:00, or Z for UTC")
    return moment


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""Text without line breaks and other control characters."""
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[AwareDatetime, Field(strict=True), BeforeValidator(_moment)]
"""A moment with its offset from UTC, as it was written."""
