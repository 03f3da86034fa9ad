"""GET /sessions/{sessionId}, GET /sessions, POST /sessions/batch: what the record says, found without a scan."""

import base64
from typing import Any, get_args

import pytest

from api.models import SessionWithResult
from core.outputs import Results
from core.questions import Question
from tests.unit.api.calling import Answer, call, session

pytestmark = pytest.mark.usefixtures("tables")


def listed(**query: str) -> Answer:
    return call("list_sessions", query=query)


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [record["sessionId"] for record in answer.json["records"]]


def every_page(**query: str) -> list[list[str]]:
    pages = []
    answer = listed(**query)
    pages.append(ids(answer))
    while "cursor" in answer.json:
        answer = listed(**query, cursor=answer.json["cursor"])
        pages.append(ids(answer))
    return pages


def made(number: int, **attributes: Any) -> str:
    """A session made at minute `number`."""
    session_id = f"s-{number:04}"
    session(session_id, createdAt=f"2026-11-21T{9 + number // 60:02}:{number % 60:02}:00.000Z", **attributes)
    return session_id


def test_a_session_is_shown_without_what_only_the_index_needs() -> None:
    record: Any = dict(session("s-1", owner="ann"))
    del record["openWorkflow"]

    assert call("get_session", path={"sessionId": "s-1"}).json == record


def test_a_completed_session_has_its_result() -> None:
    record = session("s-1", status="completed", outcome="within_budget")
    ending = {"status": "completed", "outcome": "within_budget", "result": {"name": "두부"}}
    Results("results-test").keep("s-1", record["createdAt"], ending)

    assert call("get_session", path={"sessionId": "s-1"}).json["result"] == {"name": "두부"}


def test_a_result_that_stood_before_the_session_was_cancelled_is_not_shown() -> None:
    record = session("s-1", status="cancelled")
    Results("results-test").keep("s-1", record["createdAt"], {"status": "completed", "outcome": "x", "result": {}})

    assert "result" not in call("get_session", path={"sessionId": "s-1"}).json


def test_a_session_that_a_last_step_cancelled_has_its_result_and_one_that_was_stopped_has_none() -> None:
    for session_id, ending in (("by-signal", {"outcome": "cancelled"}), ("stopped", {})):
        record = session(session_id, status="cancelled", **ending)
        kept = {"status": "cancelled", "outcome": "cancelled", "result": {"comment": "no snow"}}
        Results("results-test").keep(session_id, record["createdAt"], kept)

    shown = [call("get_session", path={"sessionId": session_id}).json for session_id in ("by-signal", "stopped")]

    assert (shown[0]["status"], shown[0]["outcome"], shown[0]["result"]) == (
        "cancelled",
        "cancelled",
        {"comment": "no snow"},
    )
    assert not {"result", "outcome"} & shown[1].keys()


def test_what_a_session_is_continued_with_is_not_shown() -> None:
    session("s-1", carried={"number": 2})

    for answer in (
        call("get_session", path={"sessionId": "s-1"}).json,
        listed(workflow="ai-chef").json["records"][0],
        call("batch_sessions", body={"sessionIds": ["s-1"]}).json["records"][0],
    ):
        assert answer["sessionId"] == "s-1"
        assert "carried" not in answer


@pytest.mark.parametrize("kind", [question.kind for question in get_args(Question)])
def test_a_waiting_session_is_as_the_document_says_whatever_it_waits_for(kind: str) -> None:
    waits = {"callbackId": "c", "kind": kind, "step": "Ask", "expiresAt": "2026-11-21T09:00:00.000Z"}
    session("s-1", status="waiting", waitingFor=waits)

    answer = call("get_session", path={"sessionId": "s-1"}).json

    assert SessionWithResult.model_validate(answer).waiting_for is not None


@pytest.mark.parametrize("session_id", ["unknown", "not an id", "x" * 65, "x" * 4000, "세션"])
def test_an_id_without_a_session_is_404(session_id: str) -> None:
    answer = call("get_session", path={"sessionId": session_id})

    assert (answer.status, answer.code) == (404, "UnknownSession")


def test_sessions_of_a_workflow_are_listed_newest_first() -> None:
    first, second = made(1), made(2)
    session("other", workflow="order")

    assert ids(listed(workflow="ai-chef")) == [second, first]


def test_sessions_of_an_owner_are_listed_newest_first_whatever_their_workflow() -> None:
    made(1, owner="ben")
    first, second = made(2, owner="ann"), made(3, owner="ann", workflow="order")

    assert ids(listed(owner="ann")) == [second, first]
    assert ids(listed(owner="ann", workflow="order")) == [second]
    assert ids(listed(owner="nobody")) == []


def test_pages_hold_each_session_once_and_the_last_has_no_cursor() -> None:
    sessions = [made(number) for number in range(7)]

    assert every_page(workflow="ai-chef", limit="3") == [sessions[6:3:-1], sessions[3:0:-1], sessions[:1]]


def test_a_full_last_page_does_not_promise_another() -> None:
    made(1, status="failed")
    made(2, status="failed")

    assert "cursor" not in listed(workflow="ai-chef", status="failed", limit="2").json


def test_a_status_is_filtered_and_pages_go_on_where_they_ended() -> None:
    sessions = [made(number, status="failed" if number % 3 == 0 else "completed") for number in range(20)]
    failed = [sessions[number] for number in (18, 15, 12, 9, 6, 3, 0)]

    assert every_page(workflow="ai-chef", status="failed", limit="3") == [failed[:3], failed[3:6], failed[6:]]


def test_a_rare_status_costs_one_request_a_bounded_number_of_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.list_sessions._PER_READ", 2)
    oldest = made(0, status="failed")
    for number in range(1, 24):
        made(number)

    pages = every_page(workflow="ai-chef", status="failed")

    assert pages == [[], [], [oldest]]


def test_a_session_that_the_index_still_names_and_the_table_has_not_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = made(1)
    monkeypatch.setattr("core.record.Table.newest", lambda *_: (["gone", kept], None))

    assert ids(listed(workflow="ai-chef")) == [kept]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "workflow"),
        ({"status": "failed"}, "workflow"),
        ({"workflow": "ai-chef", "status": "lost"}, "status"),
        ({"workflow": "ai-chef", "limit": "0"}, "limit"),
        ({"workflow": "ai-chef", "limit": "101"}, "limit"),
        ({"workflow": "ai-chef", "limit": "many"}, "limit"),
        ({"owner": ""}, "owner"),
        ({"workflow": "ai-chef", "statuss": "failed"}, "statuss"),
        ({"workflow": "ai-chef", "cursor": "x"}, "cursor"),
        ({"workflow": "ai-chef", "cursor": "é"}, "cursor"),
        ({"workflow": "ai-chef", "cursor": base64.urlsafe_b64encode(b'["a","b"]').decode()}, "cursor"),
        ({"workflow": "ai-chef", "cursor": base64.urlsafe_b64encode(b'["a","b","c"]').decode()}, "cursor"),
    ],
)
def test_a_bad_query_names_the_field(query: dict[str, str], field: str) -> None:
    answer = listed(**query)

    assert answer.status == 400
    assert [detail["field"] for detail in answer.json["error"]["details"]] == [field]


def test_a_cursor_belongs_to_its_question() -> None:
    for number in range(3):
        made(number, owner="ann")
    cursor = listed(workflow="ai-chef", limit="1").json["cursor"]

    assert ids(listed(workflow="ai-chef", limit="2", cursor=cursor)) == ["s-0001", "s-0000"]
    assert listed(owner="ann", cursor=cursor).status == 400
    assert listed(workflow="ai-chef", status="failed", cursor=cursor).status == 400


def test_a_batch_answers_in_the_order_asked_and_names_what_is_missing() -> None:
    session("s-1")
    session("s-2")

    answer = call("batch_sessions", body={"sessionIds": ["s-2", "nobody", "s-1"]})

    assert [record["sessionId"] for record in answer.json["records"]] == ["s-2", "s-1"]
    assert answer.json["missing"] == ["nobody"]
    assert "openWorkflow" not in answer.json["records"][0]


def test_a_batch_takes_a_hundred_ids() -> None:
    answer = call("batch_sessions", body={"sessionIds": [f"s-{number}" for number in range(100)]})

    assert len(answer.json["missing"]) == 100


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sessionIds": []},
        {"sessionIds": [f"s-{number}" for number in range(101)]},
        {"sessionIds": [1]},
        {"sessionIds": ["not an id"]},
        {"sessionIds": ["s-1"], "limit": 3},
    ],
)
def test_a_bad_batch_is_refused(body: Any) -> None:
    answer = call("batch_sessions", body=body)

    assert (answer.status, answer.code) == (400, "InvalidInput")


def test_a_session_named_twice_in_a_batch_is_shown_once() -> None:
    answer = call("batch_sessions", body={"sessionIds": ["nobody", "nobody"]})

    assert (answer.status, answer.json) == (200, {"records": [], "missing": ["nobody"]})
