"""Undoing what a session did, when its record ends badly: marked, done, repeated, put off, and too early for it."""

from functools import partial
from typing import Any

import pytest

from core import rows
from core.compensation import Compensation, EndedSession, compensation
from core.errors import NotRetryable, NotYet
from core.record import Status, Table
from core.sessions import close
from core.starts import next_attempt
from tests.support import toy
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.tables import record_of

pytestmark = pytest.mark.usefixtures("shared_tables")


class Undoing:
    """A compensation's body: it notes what it saw, and raises what it is told to, once each."""

    def __init__(self) -> None:
        self.saw: list[tuple[str, str | None]] = []
        self.errors: list[Exception] = []

    def __call__(self, ended: EndedSession) -> None:
        self.saw.append((ended.session_id, record_of(ended.session_id).get("compensation")))
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture
def undoing() -> Undoing:
    return Undoing()


@pytest.fixture
def undo(undoing: Undoing) -> Compensation:
    def compensate(ended: EndedSession) -> None:
        """Undo it."""
        undoing(ended)

    compensate.__module__ = "toy_shop.compensate"
    return compensation(after="Work")(compensate)


def close_as(session_id: str, status: Status = Status.FAILED) -> None:
    record = record_of(session_id)
    assert close(Table("sessions-test"), record, record["executionArn"], status, lambda _: None)


def ended_session(status: Status = Status.FAILED, *, worked: bool = True) -> str:
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    if worked:
        toy.WORK(toy.event("first", session_id, amount=7), None)
    close_as(session_id, status)
    return session_id


def image(session_id: str, number: int = 1, **changed: Any) -> dict[str, Any]:
    """A record of the stream of `sessions`, with the session's record as it is, or changed."""
    new = rows.to_item({**record_of(session_id), **changed})
    return {"eventID": str(number), "dynamodb": {"NewImage": new, "SequenceNumber": f"number-{number}"}}


def send(undo: Compensation, *images: dict[str, Any]) -> list[str]:
    """Invokes the compensation. The numbers of what is to be sent again."""
    return [failed["itemIdentifier"] for failed in undo({"Records": list(images)}, None)["batchItemFailures"]]


def test_names_follow_from_the_module(undo: Compensation) -> None:
    assert (undo.workflow, undo.__doc__) == ("toy-shop", "Undo it.")


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_it_is_marked_started_then_run_then_marked_done(undo: Compensation, undoing: Undoing, status: Status) -> None:
    session_id = ended_session(status)
    before = record_of(session_id)
    assert send(undo, image(session_id)) == []
    assert undoing.saw == [(session_id, "started")]
    after = record_of(session_id)
    assert after["compensation"] == "done"
    left_alone = before.keys() - {"version", "updatedAt"}
    assert {name: after[name] for name in left_alone} == {name: before[name] for name in left_alone}


def test_once_done_it_is_not_run_again(undo: Compensation, undoing: Undoing) -> None:
    session_id = ended_session()
    as_it_ended = image(session_id)
    for _ in range(3):
        assert send(undo, as_it_ended, as_it_ended) == []
    assert len(undoing.saw) == 1


@pytest.mark.parametrize("raised", [NotYet("a charge is under way"), KeyError("ann@example.org")])
def test_what_must_come_later_is_sent_again_and_keeps_the_session_from_being_retried(
    undo: Compensation, undoing: Undoing, raised: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    session_id, other = ended_session(), ended_session()
    batch = image(session_id, 1), image(other, 2)
    undoing.errors = [raised]
    assert send(undo, *batch) == ["number-1"]
    assert record_of(session_id)["compensation"] == "started"
    assert record_of(other)["compensation"] == "done"
    with pytest.raises(NotRetryable):
        next_attempt(Table("sessions-test"), record_of(session_id))
    assert send(undo, *batch) == []
    assert record_of(session_id)["compensation"] == "done"
    assert [seen for seen, _ in undoing.saw] == [session_id, other, session_id]
    assert "ann@example.org" not in capsys.readouterr().out


def test_a_session_that_never_came_to_the_step_is_left_and_may_be_retried(undo: Compensation, undoing: Undoing) -> None:
    session_id = ended_session(worked=False)
    before = record_of(session_id)
    assert send(undo, image(session_id)) == []
    assert (undoing.saw, record_of(session_id)) == ([], before)
    next_attempt(Table("sessions-test"), record_of(session_id))


def test_a_step_that_failed_or_was_stopped_half_way_is_undone_too(undo: Compensation, undoing: Undoing) -> None:
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    with interleaved():
        toy.deliver(toy.WORK, "first", session_id, amount=7).step(Fate.DIE_AFTER)
    close_as(session_id)
    assert send(undo, image(session_id)) == []
    assert undoing.saw == [(session_id, "started")]


def test_a_session_that_was_completed_is_left(undo: Compensation, undoing: Undoing) -> None:
    session_id = toy.new_session()
    toy.OPEN(toy.event("first", session_id, amount=7), None)
    toy.WORK(toy.event("first", session_id, amount=7), None)
    toy.CLOSE(toy.event("first", session_id, run=1), None)
    assert send(undo, image(session_id), image(session_id, 2, status="failed", version=1)) == []
    assert undoing.saw == []
    assert "compensation" not in record_of(session_id)


def test_a_session_that_was_retried_meanwhile_is_left(undo: Compensation, undoing: Undoing) -> None:
    session_id = ended_session()
    as_it_failed = image(session_id)
    next_attempt(Table("sessions-test"), record_of(session_id))
    before = record_of(session_id)
    assert send(undo, as_it_failed) == []
    close_as(session_id, Status.CANCELLED)
    again = record_of(session_id)
    assert send(undo, as_it_failed) == []
    assert record_of(session_id) == again != before
    assert undoing.saw == []
    assert send(undo, image(session_id)) == []
    assert record_of(session_id)["compensation"] == "done"


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("fatal", range(3))
def test_killed_at_any_call_and_tried_again_it_is_done(
    undo: Compensation, undoing: Undoing, fatal: int, fate: Fate
) -> None:
    session_id = ended_session()
    as_it_ended = image(session_id)
    with interleaved():
        victim = under_way(undo, as_it_ended)
        for _ in range(fatal):
            victim.step()
        victim.step(fate)
        assert victim.done
    assert send(undo, as_it_ended) == []
    assert record_of(session_id)["compensation"] == "done"
    assert 1 <= len(undoing.saw) <= 2


def under_way(undo: Compensation, as_it_ended: dict[str, Any]) -> Delivery:
    """The compensation, up to its first call; its body's look at the record is another."""
    return Delivery("compensate", lambda: send(undo, as_it_ended)).start()


def test_two_at_once_both_come_to_done(undo: Compensation, undoing: Undoing) -> None:
    for order in range(2**4):
        session_id = ended_session()
        with interleaved():
            twins = [under_way(undo, image(session_id)) for _ in range(2)]
            _in_turns(order, 4, twins)
        assert [twin.output for twin in twins] == [[], []]
        assert record_of(session_id)["compensation"] == "done"


def test_of_compensation_and_retry_exactly_one_happens_in_every_order(undo: Compensation, undoing: Undoing) -> None:
    for order in range(2**4):
        session_id = ended_session()
        undoing.saw.clear()
        retry = partial(next_attempt, Table("sessions-test"), record_of(session_id))
        with interleaved():
            both = [under_way(undo, image(session_id)), Delivery("retry", retry).start()]
            _in_turns(order, 4, both)
        record, retried = record_of(session_id), both[1].error is None
        assert both[0].output == []
        assert retried or isinstance(both[1].error, NotRetryable)
        assert record["status"] == ("processing" if retried else "failed")
        assert record.get("compensation") == (None if retried else "done")
        assert bool(undoing.saw) is not retried


def _in_turns(order: int, turns: int, pair: list[Delivery]) -> None:
    for turn in range(turns):
        if not pair[order >> turn & 1].done:
            pair[order >> turn & 1].step()
    for one in pair:
        one.finish()
