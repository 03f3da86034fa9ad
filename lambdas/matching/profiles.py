"""Table `profiles` (keys place, userId): who is at which resort in which season."""

from collections.abc import Iterator

from pydantic import ValidationError

from core import aws, rows
from core.observability import logger
from matching.models import Profile


class Profiles:
    """The table. Rows come from the platform, so a bad one is skipped, and told in a warning by its key alone."""

    def __init__(self, table: str) -> None:
        self._table = table

    def at(self, places: list[str]) -> Iterator[Profile]:
        """Everybody at these places: one query for each, of all its pages."""
        for place in places:
            yield from self._at(place)

    def _at(self, place: str) -> Iterator[Profile]:
        query = aws.dynamodb().get_paginator("query")
        pages = query.paginate(
            TableName=self._table,
            KeyConditionExpression="place = :place",
            ExpressionAttributeValues={":place": {"S": place}},
        )
        skipped: list[str] = []
        for item in (item for page in pages for item in page["Items"]):
            row = rows.from_item(item)
            try:
                yield Profile.model_validate(row)
            except ValidationError:
                skipped.append(row["userId"])
        if skipped:
            logger.warning("profiles skipped", extra={"place": place, "count": len(skipped), "userIds": skipped[:20]})
