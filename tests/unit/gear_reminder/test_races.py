"""The last moment: a signal is accepted and nothing is sent, or the reminder is sent and the signal is refused."""

from typing import Any

import pytest

from tests.support.interleaving import Fate, interleaved
from tests.unit.gear_reminder.reminders import LATER, awaiting, claiming, scheduled, signalling

pytestmark = pytest.mark.usefixtures("shared_tables")

CLAIMS = 4
"""The calls of ClaimDue that come until a signal can no longer be accepted, and one more."""


def awaited() -> dict[str, Any]:
    reminder = scheduled()
    awaiting(reminder).finish()
    return reminder


@pytest.mark.parametrize("order", range(2**6))
def test_of_a_signal_and_the_time_one_wins_in_every_order(order: int) -> None:
    signal, body = (("cancel", None), ("move", LATER))[order % 2]
    reminder = awaited()
    with interleaved():
        racers = signalling(reminder, signal, body), claiming(reminder)
        for turn in range(6):
            if not racers[order >> turn & 1].done:
                racers[order >> turn & 1].step()
        answer, claim = (racer.finish() for racer in racers)
    assert (answer.error, claim.error) == (None, None)
    assert (answer.output, claim.output["action"]) in [(202, signal), (409, "due")]


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("fatal", range(CLAIMS))
def test_a_claim_that_dies_anywhere_is_repeated_with_one_winner(fatal: int, fate: Fate) -> None:
    reminder = awaited()
    with interleaved():
        victim = claiming(reminder)
        for _ in range(fatal):
            victim.step()
        victim.step(fate)
        answer = signalling(reminder, "cancel").finish()
        claim = claiming(reminder).finish()
    assert claim.error is None
    assert (answer.output, claim.output["action"]) in [(202, "cancel"), (409, "due")]


@pytest.mark.parametrize("turns", range(6))
def test_a_wait_that_begins_too_late_accepts_nothing(turns: int) -> None:
    """The state's time may be over before its Lambda has asked."""
    reminder = scheduled()
    with interleaved():
        slow = awaiting(reminder)
        for _ in range(turns):
            if not slow.done:
                slow.step()
        claim = claiming(reminder).finish()
        slow.finish()
        answer = signalling(reminder, "cancel").finish()
    assert (answer.output, claim.output["action"]) == (409, "due")
