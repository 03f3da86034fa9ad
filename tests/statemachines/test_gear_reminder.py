"""gear-reminder over years: the clock is injected, and each wait ends by its timeout, which moves the clock on."""

import re
from collections.abc import Iterator

import pytest

from core.callback_rows import callback_id_of
from core.callbacks import Callbacks
from core.clock import DAY, now
from core.questions import Decision
from tests.statemachines.scenarios.gear_reminder import DUE, ONCE, move
from tests.support.clock import Clock, at
from tests.support.interpreter import Answer, Fault, Machine, machine
from tests.support.tables import notifications, record_of

pytestmark = pytest.mark.usefixtures("tables")

EVERY_FOUR_WEEKS = {
    **ONCE,
    "scheduledAt": "2026-12-06T02:30:00+01:00",
    "timeZone": "Europe/Zurich",
    "repeat": {"everyDays": 28, "until": "2028-12-31"},
}
STEPS = ("ScheduleReminder", "AwaitDue", "ClaimDue", "SendReminder", "ContinueReminder")
SENT_UNTIL_MOVED = [
    "2026-12-06 02:30+01:00",
    "2027-01-03 02:30+01:00",
    "2027-01-31 02:30+01:00",
    "2027-02-28 02:30+01:00",
    "2027-03-28 03:30+02:00",  # summer time begins, and skips 02:30
    "2027-04-25 02:30+02:00",
    "2027-05-23 02:30+02:00",
    "2027-06-20 02:30+02:00",
]
SENT_AFTERWARDS = [
    "2027-07-21 18:00+02:00",
    "2027-08-18 18:00+02:00",
    "2027-09-15 18:00+02:00",
    "2027-10-13 18:00+02:00",
    "2027-11-10 18:00+01:00",  # summer time ended on 31 October
    "2027-12-08 18:00+01:00",
    "2028-01-05 18:00+01:00",
    "2028-02-02 18:00+01:00",
    "2028-03-01 18:00+01:00",
    "2028-03-29 18:00+02:00",
    "2028-04-26 18:00+02:00",
    "2028-05-24 18:00+02:00",
    "2028-06-21 18:00+02:00",
    "2028-07-19 18:00+02:00",
    "2028-08-16 18:00+02:00",
    "2028-09-13 18:00+02:00",
    "2028-10-11 18:00+02:00",
    "2028-11-08 18:00+01:00",
]


@pytest.fixture
def clock() -> Iterator[Clock]:
    with at("2026-11-21T09:00:00Z") as clock:
        yield clock


@pytest.fixture
def reminders(clock: Clock) -> Iterator[Machine]:
    with machine("gear-reminder", clock) as made:
        yield made


def told() -> dict[str, str | None]:
    """When each reminder was due that was sent, and by how much it says that it is late; each was sent once."""
    texts = [sent["text"] for sent in notifications()]
    due = [match[1] for text in texts if (match := re.search(r"^Due (.*)\.$", text, re.MULTILINE))]
    assert len(due) == len(set(due)) == len(texts)
    late = [re.search(r"^This reminder is (.*) late", text, re.MULTILINE) for text in texts]
    return {moment: found and found[1] for moment, found in zip(due, late, strict=True)}


def cancel_in_the_last_moment() -> None:
    """A cancellation that is committed, but not delivered before the wait is over."""
    decision = Decision(action="cancel", by="rider-1", at=now())
    decided, _ = Callbacks("callbacks-test").decide(callback_id_of("gear-1", "AwaitDue"), decision)
    assert decided


def test_two_years_with_a_move_an_outage_lost_answers_and_a_cancellation_in_the_last_moment(
    reminders: Machine, clock: Clock
) -> None:
    def happenings() -> Iterator[Answer]:
        yield from [DUE] * 8
        clock.advance(3 * DAY)
        yield move("2027-07-21T18:00:00+02:00")
        yield from [DUE] * 5
        clock.advance(40 * DAY)  # in which nothing runs
        yield from [DUE] * 13
        cancel_in_the_last_moment()
        yield DUE

    lost = [Fault(step, "Lambda.Unknown", 3 + number, after_work=True) for number, step in enumerate(STEPS)]

    run = reminders.run(EVERY_FOUR_WEEKS, name="gear-1", answers=happenings(), faults=lost)

    sent = told()
    assert list(sent) == SENT_UNTIL_MOVED + SENT_AFTERWARDS
    assert {due: late for due, late in sent.items() if late is not None} == {
        "2027-12-08 18:00+01:00": "40 days",
        "2028-01-05 18:00+01:00": "12 days",
    }
    assert [error for _, error, _ in run.invoked if error == "Lambda.Unknown"] == ["Lambda.Unknown"] * len(STEPS)
    assert (run.status, run.output["status"], run.output["outcome"]) == ("SUCCEEDED", "cancelled", "cancelled")
    assert run.output["result"]["dueAt"] == "2028-12-06T18:00:00+01:00"
    assert run.output["result"]["sent"] == len(sent)
    assert len(run.histories) == len(sent) + 2  # the move's, and the one that was cancelled
    assert max(run.histories) < 60
    assert len(record_of("gear-1")["steps"]) <= len(STEPS)


def test_a_reminder_two_and_a_half_years_ahead_waits_in_four_executions_and_is_sent_once(reminders: Machine) -> None:
    far = {**ONCE, "scheduledAt": "2029-05-21T09:00:00-07:00", "timeZone": "America/Vancouver"}
    run = reminders.run(far, name="gear-1", answers=[DUE] * 4)
    assert told() == {"2029-05-21 09:00-07:00": None}
    assert len(run.histories) == 4
    assert (run.output["outcome"], run.output["result"]["lateSeconds"]) == ("sent", 0)


def test_a_reminder_that_comes_due_while_nothing_runs_is_sent_late_once_and_says_so(
    reminders: Machine, clock: Clock
) -> None:
    def happenings() -> Iterator[Answer]:
        clock.advance(DAY + 2 * 3600 + 60)
        yield DUE

    run = reminders.run(ONCE, name="gear-1", answers=happenings())
    assert told() == {"2026-11-28 09:00+01:00": "1 day 2 hours"}
    assert run.output["result"]["lateSeconds"] == DAY + 2 * 3600 + 60
