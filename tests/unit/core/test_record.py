"""Many records at once, and lists of them."""

from typing import Any
from unittest.mock import patch

import pytest

from core import aws, clock
from core.record import Table, new_record
from tests.support import toy
from tests.support.tables import record_of
from tests.support.waits import later

pytestmark = pytest.mark.usefixtures("shared_tables")


def created(count: int, workflow: str, owner: str | None = None) -> list[str]:
    """So many sessions, one a second."""
    ids = [toy.new_session() for _ in range(count)]
    for second, session_id in enumerate(ids):
        with later(second):
            Table("sessions-test").create(new_record(session_id, workflow, "arn", "hash", "started", owner))
    return ids


def test_records_come_by_id_and_those_that_do_not_exist_are_left_out() -> None:
    ids = created(3, "batch")
    found = Table("sessions-test").get_many([*ids, "nowhere"])
    assert found == {session_id: record_of(session_id) for session_id in ids}
    assert Table("sessions-test").get_many([]) == {}


def test_what_one_answer_cannot_hold_is_read_with_the_next() -> None:
    ids = created(5, "batch")
    real = aws.dynamodb()

    class Small:
        """Answers two keys of each batch."""

        def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803  # AWS's name
            ((table, request),) = RequestItems.items()
            keys = request["Keys"]
            some: Any = {table: {**request, "Keys": keys[:2]}}
            answer = real.batch_get_item(RequestItems=some)
            unread = {table: {**request, "Keys": keys[2:]}} if keys[2:] else {}
            return {"Responses": answer["Responses"], "UnprocessedKeys": unread}

    with patch.object(aws, "dynamodb", Small):
        assert Table("sessions-test").get_many(ids).keys() == set(ids)


@pytest.mark.parametrize("index", ["by-workflow", "by-owner"])
def test_sessions_are_listed_newest_first_page_by_page(index: str) -> None:
    value = f"listed-{index}"
    ids = created(5, value, owner=value)
    created(2, "other", owner="other")
    table, listed, after = Table("sessions-test"), [], None
    for _ in range(3):
        page, after = table.newest(index, value, 2, after)
        assert len(page) <= 2
        listed += page
    assert listed == ids[::-1]
    assert after is None


def test_a_record_is_removed_only_as_it_was_seen() -> None:
    table = Table("sessions-test")
    (session_id,) = created(1, "toy")
    seen = record_of(session_id)
    other: Any = {**seen, "version": 9}
    table.delete(other)
    assert record_of(session_id) == seen
    table.delete(seen)
    assert record_of(session_id) is None


def test_times_sort_as_they_read() -> None:
    assert clock.ago(60) < clock.now() < clock.ahead(60)
    assert clock.ahead(0.001).endswith("Z")
