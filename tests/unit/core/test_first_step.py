"""The first step: whose session it is, and what becomes of bad input."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput, SessionConflict
from core.executions import input_hash, session_id_of
from core.record import Status, Table, new_record
from core.step import Session
from tests.support import toy
from tests.support.tables import every_row, record_of


def start(execution: str, raw: Any) -> Any:
    return toy.OPEN({**toy.event(execution, ""), "input": raw}, None)


@pytest.mark.usefixtures("tables")
class TestStarting:
    def test_the_record_holds_what_its_contract_names(self) -> None:
        start("first", {"sessionId": "s1", "owner": "ann", "amount": 7})
        record = record_of("s1")
        moment, began = record["createdAt"], record["steps"]["OpenToy"]["startedAt"]
        assert record == {
            "sessionId": "s1",
            "workflow": "toy",
            "openWorkflow": "toy",
            "owner": "ann",
            "inputHash": input_hash({"owner": "ann", "amount": 7}),
            "executionArn": toy.execution_arn("first"),
            "attempt": 1,
            "status": "processing",
            "phase": "started",
            "progress": 0,
            "steps": {
                "OpenToy": {"status": "succeeded", "attempt": 1, "startedAt": began, "finishedAt": began},
            },
            "createdAt": moment,
            "updatedAt": moment,
            "version": 1,
        }

    def test_its_body_is_run_once_for_a_session_that_begins_with_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ran: list[str] = []
        body = toy.OPEN._body

        def counted(request: Any, session: Session) -> Any:
            ran.append(session.began)
            return body(request, session)

        monkeypatch.setattr(toy.OPEN, "_body", counted)
        start("first", {"sessionId": "s1", "amount": 7})
        assert ran == [record_of("s1")["createdAt"]]

    def test_without_a_session_id_the_execution_s_name_is_the_session(self) -> None:
        assert start("nightly-7", {"amount": 7})["sessionId"] == "nightly-7"
        assert record_of("nightly-7")["status"] == "processing"

    def test_the_same_input_under_another_name_is_told_whose_duplicate_it_is_and_writes_nothing(self) -> None:
        start("first", {"sessionId": "s1", "amount": 7})
        before = record_of("s1")
        again = start("second", {"amount": 7, "session_id": "s1"})
        assert again == {"sessionId": "s1", "duplicate": True, "executionArn": toy.execution_arn("first")}
        assert record_of("s1") == before

    def test_other_input_is_refused_and_leaves_the_first_untouched(self) -> None:
        start("first", {"sessionId": "s1", "amount": 7})
        before = record_of("s1")
        with pytest.raises(SessionConflict, match="s1 exists with other input"):
            start("second", {"sessionId": "s1", "amount": 8})
        assert record_of("s1") == before

    def test_another_workflow_s_session_is_refused_though_the_input_is_the_same(self) -> None:
        raw = {"amount": 7}
        Table("sessions-test").create(new_record("s1", "order", "arn:order", input_hash(raw), "started", owner=None))
        with pytest.raises(SessionConflict):
            start("first", {"sessionId": "s1", **raw})

    def test_a_session_that_was_queued_for_this_execution_goes_to_processing(self) -> None:
        raw = {"sessionId": "s1", "amount": 7}
        record = new_record("s1", "toy", toy.execution_arn("first"), input_hash(raw), "queued", owner=None)
        Table("sessions-test").create({**record, "status": Status.QUEUED})
        assert start("first", raw)["duplicate"] is False
        assert (record_of("s1")["status"], record_of("s1")["phase"]) == ("processing", "started")
        assert record_of("s1")["steps"]["OpenToy"]["status"] == "succeeded"

    def test_a_session_id_is_free_again_once_its_record_has_expired_removed_or_not(self) -> None:
        table, raw = Table("sessions-test"), {"sessionId": "s1", "amount": 7}
        expired = new_record("s1", "toy", toy.execution_arn("old"), input_hash(raw), "started", owner=None)
        table.create({**expired, "status": Status.COMPLETED, "ttl": 1})
        assert start("new", raw)["duplicate"] is False
        assert record_of("s1")["executionArn"] == toy.execution_arn("new")

    @pytest.mark.parametrize(
        ("raw", "problem"),
        [
            ({}, "amount: Field required"),
            ({"amount": "7"}, "amount: Input should be a valid integer"),
            ({"amount": True}, "amount: Input should be a valid integer"),
            ({"amount": 7, "colour": "red"}, "colour: Extra inputs are not permitted"),
            ({"amount": 7, "sessionId": "a/b"}, "sessionId: String should match pattern"),
            ({"amount": 7, "sessionId": "a\n"}, "sessionId: String should match pattern"),
            ({"amount": 7, "sessionId": "x" * 65}, "sessionId: String should match pattern"),
            ({"amount": 7, "owner": ""}, "owner: String should have at least 1 character"),
            ([7], "input: Input should be an object"),
            ("text", "input: Input should be an object"),
            (None, "input: Input should be an object"),
        ],
    )
    def test_bad_input_is_named_field_by_field_and_only_the_record_is_written(self, raw: Any, problem: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            start("first", raw)
        assert problem in str(refusal.value)
        (record,) = every_row("sessions-test")
        assert record["sessionId"] == "first"
        assert record["steps"]["OpenToy"]["error"] == {"type": "InvalidInput", "message": str(refusal.value)}
        assert (record["status"], record["progress"]) == ("processing", 0)
        assert every_row("steps-test") == every_row("results-test") == []

    def test_a_refusal_does_not_repeat_the_values_and_is_bounded(self) -> None:
        raw = {"amount": "secret-value", **{f"field-{number}-{'x' * 500}": "secret-value" for number in range(500)}}
        with pytest.raises(InvalidInput) as refusal:
            start("first", raw)
        assert "secret-value" not in str(refusal.value)
        assert len(refusal.value.problems) == 20
        assert len(str(refusal.value)) < 4000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.text(min_size=1, max_size=80), JSON)
def test_every_execution_has_a_session_id_in_the_alphabet(name: str, raw: Any) -> None:
    session_id = session_id_of(raw, name)
    assert session_id_of({"sessionId": session_id}, "other") == session_id


@given(st.sets(st.text(min_size=1, max_size=80), min_size=2, max_size=5))
def test_two_names_never_share_a_session(names: set[str]) -> None:
    assert len({session_id_of({}, name) for name in names}) == len(names)


def test_an_event_bus_s_execution_name_is_shortened_into_the_alphabet() -> None:
    name = "11111111-2222-3333-4444-555555555555_66666666-7777-8888-9999-000000000000"
    assert len(session_id_of({}, name)) == 64


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_the_input_hash_ignores_order_and_session_id(raw: dict[str, Any]) -> None:
    backwards = dict(reversed([("sessionId", "x"), *raw.items()]))
    assert input_hash(backwards) == input_hash({"sessionId": "y", **raw} | {"sessionId": "z"})


@pytest.mark.parametrize("name", ["sessionId", "session_id", "searchId", "search_id"])
def test_a_session_goes_by_any_of_its_names(name: str) -> None:
    assert session_id_of({name: "s1"}, "execution") == "s1"
    assert session_id_of({name: None}, "execution") == "execution"
    assert input_hash({name: "s1", "a": 1}) == input_hash({"a": 1})


def test_the_input_hash_tells_inputs_apart_but_not_1_from_1_0() -> None:
    assert input_hash({"a": 1}) != input_hash({"a": 2})
    assert input_hash({"a": 1}) != input_hash({"a": True})
    assert input_hash({"a": [1, {"b": 2}]}) == input_hash({"a": [1.0, {"b": 2.0}]})
