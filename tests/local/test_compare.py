"""`make compare`: its story with a few searches, and its arithmetic."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from local.cloud import Cloud
from local.compare import usage
from local.compare.__main__ import show
from local.compare.caller import Outcome
from local.compare.comparison import Comparison, compare
from local.compare.prices import Usage, bill, total
from local.compare.report import percentile, problems
from local.compare.searches import searches
from local.compare.trial import Timing
from local.deploy import state_machines

USAGE = Usage(searches=2, transitions=20, requests=16, lambda_seconds=0.8, writes=50, reads=10)
PAYLOAD = {"searchId": "search-1", "review": "reviewed", "matches": [{"userId": "rider-101", "score": 91}]}


def outcome(number: int = 0, *, sendings: int = 1, payload: dict[str, Any] | None = PAYLOAD) -> Outcome:
    return Outcome(searches(number + 1)[number], sendings, None if payload is None else 2.0, payload)


def shown(durable: list[Outcome], local: list[Outcome]) -> tuple[int, str]:
    """The exit code of a comparison, and what it prints."""
    console = Console(file=io.StringIO(), width=200)
    code = show(Comparison(durable, local, USAGE), console)
    assert isinstance(console.file, io.StringIO)
    return code, re.sub(r" +", " ", console.file.getvalue())


@pytest.mark.xdist_group("local_cloud")
def test_what_waits_while_the_service_is_killed_is_lost_in_the_local_way_and_in_the_durable_way_not(
    deployed_cloud: Cloud, tmp_path: Path
) -> None:
    timing = Timing(vendor=0.3, down=0.2, patience=20, poll=0.2)
    machine = state_machines(deployed_cloud)["matching"]
    compared = compare(deployed_cloud, machine, 3, timing, tmp_path, Console(quiet=True))
    assert [each.lost for each in compared.durable] == [False] * 3
    assert [each.lost for each in compared.local] == [True, True, False]
    assert problems(compared.durable, compared.local) == []
    reviews = [each.payload and each.payload["review"] for each in compared.durable]
    assert reviews == ["reviewed", "reviewed", "not_needed"]
    used = compared.usage
    assert used.searches == 3
    assert used.transitions >= 10 + 10 + 9
    assert used.requests >= 8 + 8 + 6
    assert used.writes > 3 * 17
    assert used.reads == 6 + 6 + 2


def test_a_bill_is_amount_times_price_for_a_thousand_searches() -> None:
    costs = bill(USAGE, memory_gb=0.5)
    assert [cost.amount for cost in costs] == [10, 8, 0.2, 25, 5]
    assert [round(cost.thousand, 7) for cost in costs] == [0.25, 0.0016, 0.0026667, 0.015625, 0.000625]
    assert total(costs) == pytest.approx(0.2705167, abs=1e-7)


def test_lambdas_cost_what_prod_gives_them() -> None:
    assert usage.prod_memory_gb() == 0.5


def test_a_transition_is_a_state_that_was_entered_or_a_task_that_was_tried_again() -> None:
    entered, tried = {"type": "TaskStateEntered"}, {"type": "TaskScheduled"}
    once = [{"type": "ExecutionStarted"}, entered, tried, {"type": "TaskSucceeded"}, {"type": "ChoiceStateEntered"}]
    assert usage.transitions(once) == 2
    assert usage.transitions([*once, entered, tried, {"type": "TaskFailed"}, tried]) == 4


def test_a_write_unit_is_a_kilobyte_begun_of_the_larger_item() -> None:
    small, large = ({"sessionId": {"S": "s" * length}} for length in (1015, 1016))
    assert usage.size(small) == 1024
    assert usage.write_units({}, small) == 1
    assert usage.write_units(small, large) == usage.write_units(large, small) == 2


def test_an_items_size_is_that_of_its_names_and_values() -> None:
    item = {"é": {"S": "né"}, "n": {"N": "12345"}, "m": {"M": {"ok": {"BOOL": True}}}, "l": {"L": [{"NULL": True}]}}
    assert usage.size(item) == (2 + 3) + (1 + 4) + (1 + 3 + 1 + 2 + 1) + (1 + 3 + 1 + 1)


def test_an_index_is_written_when_its_key_comes_and_when_it_goes() -> None:
    opened = {"workflow": {"S": "matching"}, "openWorkflow": {"S": "matching"}}
    ended = {"workflow": {"S": "matching"}}
    assert [usage.index_units(*change) for change in (({}, opened), (opened, opened), (opened, ended))] == [2, 0, 1]


@pytest.mark.parametrize(("values", "p50", "p95"), [([3.0], 3, 3), ([4.0, 1, 3, 2], 2, 4), (range(1, 41), 20, 38)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(
    values: Sequence[float], p50: float, p95: float
) -> None:
    assert (percentile(values, 50), percentile(values, 95)) == (p50, p95)


def test_two_in_three_searches_wait_for_the_vendor_and_no_two_are_equal() -> None:
    given = searches(30)
    assert sum(search.waits for search in given) == 20
    assert len({str(search.body) for search in given}) == 30


def test_a_comparison_is_well_when_results_differ_in_nothing_but_their_ids() -> None:
    code, text = shown([outcome()], [outcome(sendings=2, payload={**PAYLOAD, "searchId": "search-1-again"})])
    assert code == 0
    assert "lost none" in text


@pytest.mark.parametrize(
    ("durable", "local", "said"),
    [
        (outcome(3, sendings=2), outcome(3), "The durable way lost search 3."),
        (outcome(1), outcome(1, payload={**PAYLOAD, "review": "unreviewed"}), "different results for search 1."),
        (outcome(1), outcome(1, sendings=2, payload=None), "different results for search 1."),
    ],
    ids=["lost", "other result", "no result"],
)
def test_a_comparison_fails_when_the_durable_way_lost_one_or_the_results_differ(
    durable: Outcome, local: Outcome, said: str
) -> None:
    code, text = shown([durable], [local])
    assert code == 1
    assert said in text
