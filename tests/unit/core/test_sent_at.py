"""When what is validated was sent: a time that was ahead then stays accepted; one that was past is refused."""

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, AwareDatetime, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from core.clock import now
from core.errors import InvalidInput
from core.executions import continued, input_hash, split
from core.models import Input, Model, WorkflowInput, sent_at, validated
from core.record import Table, new_record
from core.starts import continue_in_next, enqueue, next_attempt
from core.step import Session, first_step
from tests.support import toy
from tests.support.clock import at
from tests.support.tables import record_of
from tests.unit.core.test_starts import ended

NOON = "2026-11-21T12:00:00.000Z"
DUE = "2026-11-21T15:00:00+01:00"  # two hours later


def _upcoming(moment: datetime, info: ValidationInfo) -> datetime:
    if moment < sent_at(info):
        raise PydanticCustomError("toy", "is in the past")
    return moment


class When(Input):
    when: Annotated[AwareDatetime, Field(strict=False), AfterValidator(_upcoming)]


class Several(Model):
    all: list[When]


class DatedInput(WorkflowInput):
    when: Annotated[AwareDatetime, Field(strict=False), AfterValidator(_upcoming)]


class Seen(Model):
    began: str
    carried: Any


def _open_dated(request: DatedInput, session: Session) -> Seen:
    return Seen(began=session.began, carried=session.carried)


_open_dated.__module__ = "toy.open_dated"
OPEN = first_step(phase="started")(_open_dated)


def open_dated(execution: str, session_id: str, **beside: Any) -> Any:
    raw = {"sessionId": session_id, "when": DUE, **beside}
    return OPEN({**toy.event(execution, ""), "input": raw}, None)


class TestValidated:
    def test_a_validator_learns_when_it_was_sent_in_utc(self) -> None:
        for written in (NOON, "2026-11-21T21:00:00+09:00"):
            assert validated(When, {"when": DUE}, sent_at=written).when == datetime.fromisoformat(DUE)
        with pytest.raises(InvalidInput, match=r"^when: is in the past$"):
            validated(When, {"when": DUE}, sent_at="2026-11-21T14:00:00.001Z")

    def test_where_nobody_said_it_is_the_present(self) -> None:
        with at(NOON) as clock:
            assert validated(When, {"when": DUE})
            clock.advance(2 * 3600 + 1)
            with pytest.raises(InvalidInput, match="when: is in the past"):
                validated(When, {"when": DUE})
            with pytest.raises(ValueError, match="is in the past"):  # also of a model that is validated by itself
                When.model_validate({"when": DUE})

    @given(st.integers(946_684_800, 4_102_444_800), st.integers(0, 999))
    def test_what_the_record_wrote_is_the_moment_that_the_validator_gets(self, seconds: int, thousandths: int) -> None:
        moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=thousandths * 1000)
        with at(moment.isoformat()):
            written = now()
        assert validated(When, {"when": written}, sent_at=written).when == moment

    @pytest.mark.parametrize(
        ("raw", "field"),
        [({"when": "soon"}, "payload.when"), ({}, "payload.when"), (None, "payload"), ({"w": 1}, "payload.w")],
    )
    def test_fields_are_named_within_the_field_that_holds_them(self, raw: Any, field: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            validated(When, raw, within="payload")
        assert field in [name for name, _ in refusal.value.problems]

    def test_places_in_lists_are_named_and_problems_stay_bounded(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            validated(Several, {"all": [{"when": "2000-01-01T00:00:00Z"}] * 30}, within="payload")
        assert refusal.value.problems[1] == ("payload.all.1.when", "is in the past")
        assert len(refusal.value.problems) == 20


@pytest.mark.usefixtures("shared_tables")
class TestFirstStep:
    def queued(self) -> str:
        """A session that the API has queued at noon."""
        session_id = toy.new_session()
        raw = {"sessionId": session_id, "when": DUE}
        arn = toy.execution_arn(session_id)
        with at(NOON):
            enqueue(Table("sessions-test"), new_record(session_id, "toy", arn, input_hash(raw), "queued", None))
        return session_id

    def test_what_was_in_the_future_when_the_session_was_queued_stays_accepted(self) -> None:
        session_id = self.queued()
        with at("2026-11-23T12:00:00Z"):
            first = open_dated(session_id, session_id)
            assert first["input"] == {"began": NOON, "carried": None}
            assert open_dated(session_id, session_id) == first
        assert record_of(session_id)["steps"]["OpenDated"]["status"] == "succeeded"

    def test_and_so_it_does_when_the_session_is_retried(self) -> None:
        session_id = self.queued()
        with at("2026-11-23T12:00:00Z"):
            open_dated(session_id, session_id)
            ended(session_id)
            next_attempt(Table("sessions-test"), record_of(session_id))
            again = open_dated(f"{session_id}-2", session_id)
        assert again == {"sessionId": session_id, "duplicate": False, "input": {"began": NOON, "carried": None}}

    def test_and_years_later_when_it_is_continued_with_what_was_carried(self) -> None:
        session_id = self.queued()
        with at("2028-11-21T12:00:00Z"):
            open_dated(session_id, session_id)
            carried = {"number": 2}
            continue_in_next(
                Table("sessions-test"), session_id, toy.execution_arn(session_id), "GoOn#1", "continued", carried
            )
            answer = open_dated(f"{session_id}-2", session_id, continuation=carried)
        assert answer["input"] == {"began": NOON, "carried": {"number": 2}}
        assert record_of(session_id)["steps"].keys() == {"GoOn#1", "OpenDated"}

    def test_an_execution_that_begins_too_late_is_refused_with_the_field_s_name(self) -> None:
        session_id = toy.new_session()
        with at("2026-11-21T14:00:01Z"), pytest.raises(InvalidInput, match=r"^when: is in the past$"):
            open_dated("by-cli", session_id)
        error = record_of(session_id)["steps"]["OpenDated"]["error"]
        assert error == {"type": "InvalidInput", "message": "when: is in the past"}

    def test_an_execution_that_began_in_time_is_not_refused_on_its_next_delivery(self) -> None:
        session_id = toy.new_session()
        with at(NOON) as clock:
            first = open_dated("by-cli", session_id)
            clock.advance(7 * 24 * 3600)
            assert open_dated("by-cli", session_id) == first
            assert open_dated("again-by-cli", session_id)["duplicate"] is True

    def test_what_was_carried_is_no_field_of_the_input_and_tells_no_two_inputs_apart(self) -> None:
        session_id = toy.new_session()
        with at(NOON):
            open_dated("by-cli", session_id)
            assert open_dated("other", session_id, continuation={"number": 9})["duplicate"] is True
        raw = {"when": DUE}
        assert input_hash(continued(raw, "s1", {"number": 1})) == input_hash(raw)
        assert split(continued(raw, "s1", {"number": 1})) == ({**raw, "sessionId": "s1"}, {"number": 1})
        assert split(raw) == (raw, None)
        assert split([1]) == ([1], None)
