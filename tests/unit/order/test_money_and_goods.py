"""Whatever is repeated, killed, late or racing: money taken and stock released never both stand."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from order import settlement
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.order import PRODUCT, available, ledger_of, order_of, seed
from tests.support.tables import record_of
from tests.unit.order import shop

CALLS = (shop.reserve, shop.charge, shop.charge, shop.confirm, shop.release, shop.undo)
STOP, WAIT = "the execution is stopped", "time passes"

# Mostly calls of one of the deliveries; also a new delivery, a death, a stop, and time.
EVENTS = st.one_of(
    st.tuples(st.just(Fate.GO_ON), st.integers(0, 5)),
    st.tuples(st.just(Fate.GO_ON), st.integers(0, 5)),
    st.tuples(st.sampled_from([Fate.DIE_BEFORE, Fate.DIE_AFTER]), st.integers(0, 5)),
    st.tuples(st.sampled_from(CALLS), st.just(0)),
    st.tuples(st.sampled_from(CALLS), st.just(0)),
    st.tuples(st.sampled_from([STOP, WAIT]), st.just(0)),
)


class World:
    """One order, the deliveries that are at work on it, and a clock for those that look whether others still live."""

    def __init__(self, price: int) -> None:
        seed(PRODUCT, 100)
        self.sent = shop.begin(price)
        self.running: list[Delivery] = []
        self.late = 0.0

    def time(self) -> float:
        return time.time() + self.late

    def play(self, what: Any, number: int) -> None:
        if what is STOP:
            shop.stop(self.sent)
        elif what is WAIT:
            self.late += 30
        elif isinstance(what, Fate):
            if self.running:
                self.running[number % len(self.running)].step(what)
        elif what is not shop.undo:
            self.running.append(shop.deliver(what, self.sent))
        elif self.is_cancelled():
            self.running.append(shop.deliver(shop.undo, shop.ended(self.sent)))
        self.running = [delivery for delivery in self.running if not delivery.done]

    def end(self) -> None:
        """Everything comes to its end: what runs, the session, and its compensation."""
        for delivery in self.running:
            delivery.finish()
        shop.stop(self.sent)
        self.late += 30
        if self.is_cancelled():
            assert shop.compensated(self.sent)

    def is_cancelled(self) -> bool:
        return bool(record_of(self.sent["sessionId"])["status"] == "cancelled")

    def check(self) -> str | None:
        row, ledger = order_of(self.sent["sessionId"]) or {}, ledger_of(self.sent["sessionId"]) or {}
        status, money = row.get("status"), ledger.get("status") == "charged"
        assert not (money and status == "released")
        assert money or status not in ("charged", "confirmed")
        assert available() == (100 if status in (None, "released") else 99)
        return str(status) if status else None


@pytest.fixture(autouse=True)
def _stopping(tables: None) -> Iterator[None]:
    with interleaved():
        yield


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(price=st.sampled_from([901, 902, 911, 1000]), events=st.lists(EVENTS, max_size=40))
def test_money_taken_and_stock_released_never_both_stand(price: int, events: list[tuple[Any, int]]) -> None:
    world = World(price)
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(settlement, "time", SimpleNamespace(time=world.time))
        for what, number in events:
            world.play(what, number)
            world.check()
        world.end()
    status = world.check()
    reserved = "ReserveStock" in record_of(world.sent["sessionId"])["steps"]
    assert status in ("confirmed", "released") or (status is None and not reserved)
