"""What callers see of a search, the same whichever way it runs."""

from collections import OrderedDict
from typing import Any, Literal

from pydantic import BaseModel

from core.models import SessionId
from matching.models import Matches

_MOST = 10_000


class SearchView(BaseModel):
    """status: queued, processing or waiting until it has ended; then completed, failed, cancelled or expired.
    payload: the result (matching.models.Matches in camelCase) of one that is completed, once asked for.
    """

    search_id: str
    status: str
    payload: dict[str, Any] | None = None


class Delivered(BaseModel):
    """A result as the workflow delivers it."""

    search_id: SessionId
    status: Literal["completed"]
    payload: dict[str, Any]


class DeliveredViews:
    """The latest results that were delivered here, in memory: what it forgets, the durable workflow still knows."""

    def __init__(self, most: int = _MOST) -> None:
        self._views: OrderedDict[str, SearchView] = OrderedDict()
        self._most = most

    def get(self, search_id: str) -> SearchView | None:
        return self._views.get(search_id)

    def keep(self, delivered: Delivered) -> None:
        """The first delivery of a search stands: a repeated one, under whichever webhook-id, changes nothing.

        Raises pydantic's ValidationError for a payload that is no result.
        """
        Matches.model_validate(delivered.payload)
        self._views.setdefault(delivered.search_id, SearchView(**delivered.model_dump()))
        if len(self._views) > self._most:
            self._views.popitem(last=False)
