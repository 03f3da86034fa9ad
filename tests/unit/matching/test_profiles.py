"""Table `profiles`, in moto."""

from typing import Any

import pytest

from core import aws
from matching.profiles import Profiles
from tests.support.matching import profile, seed_profiles

pytestmark = pytest.mark.usefixtures("tables")

RESORT = "niseko"
WINTER, SUMMER = f"{RESORT}#2026-27", f"{RESORT}#2027"


def test_all_pages_of_the_places_are_read_and_nothing_beside_them() -> None:
    """A page of a query has a megabyte at most."""
    seed_profiles([profile(f"rider-{number:03}", RESORT, notes="a" * 50_000) for number in range(30)])
    seed_profiles([profile("rider-summer", RESORT, "2027"), profile("rider-other", RESORT, "2028")])
    pages: list[Any] = []
    events = aws.dynamodb().meta.events
    events.register("after-call.dynamodb.Query", lambda parsed, **_: pages.append(parsed), unique_id="pages")
    found = [each.user_id for each in Profiles("profiles-test").at([WINTER, SUMMER])]
    events.unregister("after-call.dynamodb.Query", unique_id="pages")
    assert found == [f"rider-{number:03}" for number in range(30)] + ["rider-summer"]
    assert len(pages) > 2


def test_a_bad_row_is_skipped_and_told_by_its_key_alone(caplog: pytest.LogCaptureFixture) -> None:
    bad = profile("rider-2", RESORT, level=7, languages=["a secret of rider-2"])
    seed_profiles([profile("rider-1", RESORT), bad, profile("rider-3", RESORT)])
    assert [each.user_id for each in Profiles("profiles-test").at([WINTER])] == ["rider-1", "rider-3"]
    (told,) = [vars(record) for record in caplog.records]
    assert (told["levelname"], told["place"], told["count"]) == ("WARNING", WINTER, 1)
    assert told["userIds"] == ["rider-2"]
    assert "secret" not in str(told)


def test_where_nobody_is_nobody_is_found() -> None:
    assert list(Profiles("profiles-test").at([WINTER, SUMMER])) == []
