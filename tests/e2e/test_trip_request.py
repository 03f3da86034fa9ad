"""trip-request on the local cloud: the owner decides on a page, the requester's service changes and cancels."""

import json
from typing import Any

import pytest

from core.callback_rows import callback_id_of
from local.inputs import sample_of
from tests.e2e.conftest import Deployed
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")


@pytest.fixture
def asked(deployed: Deployed, session_id: str) -> str:
    """The execution of a request that waits for the trip's owner."""
    execution = deployed.start("trip-request", {"sessionId": session_id, **sample_of("trip-request")})
    deployed.waiting(session_id)
    return execution


def signal(deployed: Deployed, session_id: str, name: str, **payload: Any) -> tuple[int, Any]:
    return deployed.call("POST", f"/sessions/{session_id}/signals/{name}", {"payload": payload})


def asked_again(deployed: Deployed, session_id: str, updates: int) -> None:
    """Once the question of this round is open."""
    callback_id, step = callback_id_of(session_id, "AskOwner"), f"AskOwner#{updates}"
    eventually(lambda: deployed.row("callbacks", callbackId=callback_id)["stepKey"] == step)
    eventually(lambda: deployed.record(session_id).get("waitingFor", {}).get("step") == step)


def test_the_owner_accepts_what_was_changed_and_not_what_was_asked_before(
    deployed: Deployed, session_id: str, asked: str
) -> None:
    link = deployed.link(session_id)
    page = deployed.request("GET", link).data.decode()
    old = page.split('name="round" value="')[1].split('"')[0]
    assert 'value="update"' not in page
    assert 'value="cancel"' not in page
    assert signal(deployed, session_id, "update", endDate="2030-01-20")[0] == 202
    asked_again(deployed, session_id, 1)
    form = {"content-type": "application/x-www-form-urlencoded"}
    stale = deployed.request("POST", link, f"action=accept&round={old.replace('#', '%23')}", **form)
    assert stale.status == 409
    assert "This has just changed" in stale.data.decode()
    assert deployed.decide(link, "accept", "Gladly").status == 200
    result = json.loads(deployed.ended(asked)["output"])
    assert (result["outcome"], result["result"]["endDate"]) == ("accepted", "2030-01-20")
    assert (result["result"]["respondedBy"], result["result"]["comment"]) == ("rider-101", "Gladly")
    told = {letter.recipient for letter in deployed.letters(session_id, 6) if letter.audience == "members"}
    assert told == {"rider-101", "rider-001"}


def test_an_answer_after_the_cancellation_is_told_that_it_is_no_longer_open(
    deployed: Deployed, session_id: str, asked: str
) -> None:
    link = deployed.link(session_id)
    assert signal(deployed, session_id, "cancel")[0] == 202
    record = deployed.ended_record(session_id)
    assert (record["status"], record["outcome"]) == ("cancelled", "cancelled")
    assert deployed.ended(asked)["status"] == "SUCCEEDED"
    late = deployed.decide(link, "accept")
    assert late.status == 410
    assert "This is no longer open" in late.data.decode()
    status, answer = signal(deployed, session_id, "accept")
    assert (status, answer["error"]["code"]) == (409, "NothingWaits")
    assert deployed.call("GET", f"/sessions/{session_id}")[1]["result"]["respondedAt"] is None


def test_a_bad_update_is_refused_by_its_field_and_the_question_stays(
    deployed: Deployed, session_id: str, asked: str
) -> None:
    status, answer = signal(deployed, session_id, "update", endDate="soon")
    assert (status, answer["error"]["details"][0]["field"]) == (400, "payload.endDate")
    assert signal(deployed, session_id, "decline")[0] == 202
    assert json.loads(deployed.ended(asked)["output"])["outcome"] == "declined"


def test_a_request_that_nobody_answers_expires(deployed: Deployed, session_id: str) -> None:
    with (
        deployed.setting("trip-request-open-request-local", "RESPONSE_SECONDS", "1"),
        deployed.definition("trip-request", "$request.seconds + 30", "$request.seconds"),
    ):
        ended = deployed.run("trip-request", {"sessionId": session_id, **sample_of("trip-request")})
    assert json.loads(ended["output"])["outcome"] == "expired"
    assert deployed.record(session_id)["status"] == "expired"
