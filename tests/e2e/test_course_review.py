"""course-review on the local cloud: screened, moderated by people, sent again, published with its rank."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.callback_rows import callback_id_of
from local.inputs import sample_of
from tests.e2e.conftest import Deployed
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")


def review(**fields: Any) -> dict[str, Any]:
    """A review of a course and resort that nobody else reviews."""
    own = {name: f"{name[:6]}-{uuid.uuid4().hex[:12]}".replace("_", "") for name in ("resort", "user_id")}
    return sample_of("course-review") | own | fields


def start(deployed: Deployed, session_id: str, raw: Any) -> str:
    execution = deployed.start("course-review", {"sessionId": session_id, **raw})
    deployed.waiting(session_id)
    return execution


def awaits(deployed: Deployed, session_id: str, step: str) -> None:
    eventually(lambda: deployed.record(session_id).get("waitingFor", {}).get("step") == step)


def output(deployed: Deployed, execution: str) -> Any:
    return json.loads(deployed.ended(execution)["output"])


def test_a_review_is_sent_back_sent_again_and_published_with_its_rank(deployed: Deployed, session_id: str) -> None:
    raw = review()
    execution = start(deployed, session_id, raw)
    assert deployed.decide(deployed.link(session_id), "request_changes", "Which season?").status == 200
    awaits(deployed, session_id, "AskAuthor#1")
    path = f"/sessions/{session_id}/signals/resubmit"
    status, answer = deployed.call("POST", path, {"payload": {"rating": 6}})
    assert (status, answer["error"]["details"][0]["field"]) == (400, "payload.rating")
    assert deployed.call("POST", path, {"payload": {"text": "In spring, as soon as the sun is on it."}})[0] == 202
    awaits(deployed, session_id, "AskModerator#2")
    assert deployed.decide(deployed.link(session_id), "approve").status == 200
    ended = output(deployed, execution)
    result = ended["result"]
    assert (ended["outcome"], result["rounds"], result["rank"], result["of"]) == ("published", 2, 1, 1)
    assert result["reviewedBy"] == "course-moderators"
    assert deployed.row("course-rankings", resort=raw["resort"])["courses"][0]["ratings"] == 1


def test_of_two_moderators_at_once_one_decides_and_the_other_is_told(deployed: Deployed, session_id: str) -> None:
    execution = start(deployed, session_id, review())
    link = deployed.link(session_id)
    with ThreadPoolExecutor(2) as moderators:
        answers = list(moderators.map(lambda action: deployed.decide(link, action), ("approve", "reject")))
    assert sorted(answer.status for answer in answers) == [200, 409]
    outcome = output(deployed, execution)["outcome"]
    stands = "Already approved" if outcome == "published" else "Already rejected"
    [told] = [answer.data.decode() for answer in answers if answer.status == 409]
    assert stands in told


def test_what_is_clearly_bad_is_rejected_with_reasons_and_asks_nobody(deployed: Deployed, session_id: str) -> None:
    ended = deployed.run("course-review", {"sessionId": session_id, **review(text="A scam.")})
    ended = json.loads(ended["output"])
    assert (ended["outcome"], ended["result"]["reviewedBy"]) == ("rejected", "screening")
    assert len(ended["result"]["reasons"]) == 2
    assert deployed.row("callbacks", callbackId=callback_id_of(session_id, "AskModerator")) is None


def test_a_second_review_of_the_course_is_a_duplicate_while_the_first_is_open(
    deployed: Deployed, session_id: str
) -> None:
    raw = review()
    execution = start(deployed, session_id, raw)
    second = deployed.run("course-review", raw)
    assert json.loads(second["output"])["outcome"] == "rejected"
    assert deployed.decide(deployed.link(session_id), "reject", "Off topic").status == 200
    assert output(deployed, execution)["result"]["reason"] == "Off topic"
    late = deployed.decide(deployed.link(session_id), "approve")
    assert late.status == 409
