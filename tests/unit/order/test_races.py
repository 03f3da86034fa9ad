"""order's deliveries racing, repeated and killed at each of their calls, those of the sandbox's ledger among them."""

import random
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from order import settlement
from order.errors import OrderReleased
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.order import PRODUCT, available, ledger_of, order_of, seed
from tests.support.tables import record_of
from tests.unit.order import shop

CALLS = (shop.reserve, shop.charge, shop.confirm, shop.release)


@pytest.fixture(autouse=True)
def _stopping(tables: None) -> Iterator[None]:
    with interleaved():
        yield


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every delivery is older than a delivery can be, and those of a race live all the same."""
    monkeypatch.setattr(settlement, "time", SimpleNamespace(time=lambda: time.time() + 60))


def prepared(call: Any) -> dict[str, Any]:
    """A session that has come to this step, with full shelves."""
    seed(PRODUCT, 100)
    sent = shop.begin()
    before = {shop.reserve: [], shop.charge: [shop.reserve], shop.release: [shop.reserve]}
    for earlier in before.get(call, [shop.reserve, shop.charge]):
        earlier(sent)
    return sent


def check(sent: dict[str, Any]) -> None:
    """Money and goods belong together."""
    row, ledger = order_of(sent["sessionId"]) or {}, ledger_of(sent["sessionId"]) or {}
    status, money = row.get("status"), ledger.get("status") == "charged"
    assert not (money and status == "released")
    assert money or status not in ("charged", "confirmed")


def step(delivery: Delivery, calls: int, sent: dict[str, Any]) -> None:
    """Lets a delivery make so many calls, if it makes as many."""
    for _ in range(calls):
        if not delivery.done:
            delivery.step()
            check(sent)


def calls_of(call: Any) -> int:
    """How many calls a delivery makes."""
    return len(shop.deliver(call, prepared(call)).finish().calls)


def settled(sent: dict[str, Any]) -> str:
    """How the order ends once its session was stopped and nothing runs any more."""
    assert shop.compensated(sent)
    check(sent)
    status = order_of(sent["sessionId"])["status"]
    assert record_of(sent["sessionId"])["compensation"] == "done"
    assert available() == {"confirmed": 99, "released": 100}[status]
    return str(status)


def test_each_call_of_a_delivery_is_a_place_to_stop_transactions_too() -> None:
    assert {call.__name__: calls_of(call) for call in CALLS} == {"reserve": 4, "charge": 8, "confirm": 5, "release": 6}


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("call", CALLS)
def test_a_delivery_killed_at_any_of_its_calls_is_made_good_by_the_next(call: Any, fate: Fate) -> None:
    for fatal in range(calls_of(call)):
        sent = prepared(call)
        victim = shop.deliver(call, sent)
        step(victim, fatal, sent)
        victim.step(fate)
        assert victim.done
        assert victim.output is None
        again = call(sent)
        assert call(sent) == again
        check(sent)
        if call is shop.charge:
            assert ledger_of(sent["sessionId"])["status"] == "charged"


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("call", CALLS)
def test_what_a_killed_delivery_left_is_settled_when_the_session_is_stopped(call: Any, fate: Fate) -> None:
    for fatal in range(calls_of(call)):
        sent = prepared(call)
        victim = shop.deliver(call, sent)
        step(victim, fatal, sent)
        victim.step(fate)
        if "ReserveStock" not in record_of(sent["sessionId"])["steps"]:
            continue
        shop.stop(sent)
        if record_of(sent["sessionId"])["status"] == "cancelled":
            settled(sent)


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("call", CALLS)
def test_a_delivery_and_the_compensation_meet_at_any_of_their_calls(call: Any) -> None:
    ends = set()
    most_to_undo = 11 if call is shop.charge else 5
    for made in range(1, calls_of(call)):
        for undone in range(most_to_undo):
            sent = prepared(call)
            delivery = shop.deliver(call, sent)
            step(delivery, made, sent)
            shop.stop(sent)
            compensation = shop.deliver(shop.undo, shop.ended(sent))
            step(compensation, undone, sent)
            step(delivery, 20, sent)
            step(compensation, 40, sent)
            assert (delivery.done, compensation.done, compensation.error) == (True, True, None)
            ends.add(settled(sent))
    assert ends == ({"confirmed", "released"} if call is shop.confirm else {"released"})


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("call", [shop.charge, shop.confirm, shop.release])
def test_two_compensations_side_by_side_release_once(call: Any) -> None:
    for seed_of_order in range(15):
        order = random.Random(seed_of_order)
        sent = prepared(call)
        shop.stop(sent)
        twins = [shop.deliver(shop.undo, shop.ended(sent)) for _ in range(2)]
        while running := [twin for twin in twins if not twin.done]:
            step(order.choice(running), 1, sent)
        assert [twin.error for twin in twins] == [None, None]
        assert settled(sent) == "released"
        assert available() == 100


def test_two_deliveries_charge_once_in_any_order() -> None:
    for seed_of_order in range(25):
        order = random.Random(seed_of_order)
        sent = prepared(shop.charge)
        twins = [shop.deliver(shop.charge, sent) for _ in range(2)]
        while running := [twin for twin in twins if not twin.done]:
            step(order.choice(running), 1, sent)
        assert [twin.error for twin in twins] == [None, None]
        assert twins[0].output == twins[1].output
        assert (order_of(sent["sessionId"])["status"], ledger_of(sent["sessionId"])["status"]) == ("charged", "charged")


@pytest.mark.parametrize("seed_of_order", range(3))
def test_fifty_orders_for_ten_pieces_reserve_ten(seed_of_order: int) -> None:
    order = random.Random(seed_of_order)
    seed(PRODUCT, 10)
    orders = [shop.begin() for _ in range(50)]
    deliveries = [shop.deliver(shop.reserve, sent) for sent in orders]
    while running := [delivery for delivery in deliveries if not delivery.done]:
        order.choice(running).step()
    assert [delivery.error for delivery in deliveries] == [None] * 50
    assert sum(delivery.output["reserved"] for delivery in deliveries) == 10
    assert available() == 0


def test_an_order_that_its_compensation_overtook_is_not_reserved() -> None:
    sent = shop.begin()
    late = shop.deliver(shop.reserve, sent)
    late.step()
    shop.stop(sent)
    assert shop.compensated(sent)
    late.finish()
    assert isinstance(late.error, OrderReleased)
    assert order_of(sent["sessionId"])["status"] == "released"
    assert available() == 100
