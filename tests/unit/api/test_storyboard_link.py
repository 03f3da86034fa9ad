"""The link to a storyboard: of a session whose record says that it has one, and good for a while."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.outputs import Results
from tests.support.clock import at
from tests.unit.api.calling import Answer, call, session

pytestmark = pytest.mark.usefixtures("tables")


def storyboard(session_id: str = "n-1") -> Answer:
    return call("get_storyboard", path={"sessionId": session_id})


def analysed(result: Any, session_id: str = "n-1", **attributes: Any) -> None:
    """A session of this result."""
    record = session(
        session_id,
        **{"workflow": "novel-analysis", "status": "completed", "outcome": "analysed"} | attributes,
    )
    ending = {"status": "completed", "outcome": "analysed", "result": result}
    Results("results-test").keep(session_id, record["createdAt"], ending)


def test_the_link_is_that_of_the_results_file_for_a_quarter_of_an_hour() -> None:
    analysed({"storyboardKey": "storyboards/n-1.json"})
    with at("2026-11-21T09:00:00Z"):
        answer = storyboard()
    assert answer.status == 200
    url = urlsplit(answer.json["url"])
    assert (url.scheme, url.hostname.split(".")[0], url.path) == ("https", "files-test", "/storyboards/n-1.json")
    assert parse_qs(url.query)["X-Amz-Expires"] == ["900"]
    assert answer.json["expiresAt"] == "2026-11-21T09:15:00.000Z"


def test_a_session_under_way_has_none_yet() -> None:
    session("n-1", workflow="novel-analysis")
    answer = storyboard()
    assert (answer.status, answer.code) == (404, "NoStoryboard")
    assert answer.json["error"]["message"] == (
        "The session has no storyboard: it is a novel-analysis session, and processing."
    )


def test_a_result_that_the_record_does_not_stand_by_is_none() -> None:
    analysed({"storyboardKey": "storyboards/n-1.json"})
    session_began_later = session("n-2", workflow="novel-analysis", status="failed")
    ending = {"status": "completed", "outcome": "analysed", "result": {"storyboardKey": "storyboards/n-2.json"}}
    Results("results-test").keep("n-2", session_began_later["createdAt"], ending)
    assert storyboard("n-2").code == "NoStoryboard"


def test_a_result_of_an_earlier_session_of_the_same_id_is_none() -> None:
    session("n-1", workflow="novel-analysis", status="completed", outcome="analysed")
    ending = {"status": "completed", "outcome": "analysed", "result": {"storyboardKey": "storyboards/n-1.json"}}
    Results("results-test").keep("n-1", "2020-01-01T00:00:00.000Z", ending)
    assert storyboard().code == "NoStoryboard"


@pytest.mark.parametrize("result", [{"dish": "tofu"}, {}, None])
def test_a_session_of_another_workflow_has_none(result: Any) -> None:
    analysed(result, workflow="ai-chef")
    answer = storyboard()
    assert (answer.status, answer.code) == (404, "NoStoryboard")
    assert "ai-chef" in answer.json["error"]["message"]


@pytest.mark.parametrize("session_id", ["n-9", "not an id"])
def test_an_unknown_session_is_404(session_id: str) -> None:
    answer = storyboard(session_id)
    assert (answer.status, answer.code) == (404, "UnknownSession")
