"""course-review's Lambdas one after another, as the state machine calls them, with the API in between."""

from functools import partial

import pytest

from core.errors import InvalidInput
from course_review.screening import DUPLICATE
from tests.support.course_review import ranking_of
from tests.support.interleaving import Delivery, interleaved
from tests.support.tables import callback_of, notifications, record_of, result_of
from tests.support.waits import later
from tests.unit.course_review.reviewing import Reviewing

pytestmark = pytest.mark.usefixtures("shared_tables")

BETTER = "Eleven kilometres; the snow is soft after lunch."
ENDINGS = [
    pytest.param("approve", "published", "completed", id="published"),
    pytest.param("reject", "rejected", "completed", id="rejected"),
    pytest.param("request_changes", "expired", "expired", id="the author is silent"),
    pytest.param(None, "expired", "expired", id="no moderator answers"),
]


@pytest.fixture(autouse=True)
def _nobody_told(shared_tables: pytest.MonkeyPatch) -> None:
    notifications()


def told() -> list[tuple[str, str, str]]:
    """Who was told since the last look, as what, under which subject."""
    return [(each["recipient"], each["audience"], each["subject"]) for each in notifications()]


def asked() -> tuple[Reviewing, str]:
    """A review that waits for a moderator, and the moderator's link."""
    reviewing = Reviewing().to_moderator()
    invitation, _notice = notifications()
    return reviewing, str(invitation["text"].splitlines()[-1])


def test_moderators_are_asked_and_the_author_told_once_however_often_that_is_delivered() -> None:
    reviewing = Reviewing().to_moderator()
    reviewing.ask_moderator()
    assert told() == [
        ("mod", "approvers", "Publish the review of Peak to Creek?"),
        (reviewing.sent["userId"], "members", "Your review of Peak to Creek: under review"),
    ]
    assert record_of(reviewing.session_id)["status"] == "waiting"


@pytest.mark.parametrize(("action", "outcome", "status"), ENDINGS)
def test_the_author_is_told_the_end_once_and_the_session_ends_with_it(
    action: str | None, outcome: str, status: str
) -> None:
    reviewing = Reviewing().to_moderator()
    if action is not None:
        reviewing.moderated(action, comment="Fine by me")
    notifications()
    end = reviewing.publish if action == "approve" else reviewing.close
    assert end() == end()
    author = reviewing.sent["userId"]
    assert told() == [(author, "members", f"Your review of Peak to Creek: {outcome}")]
    record, result = record_of(reviewing.session_id), result_of(reviewing.session_id)["result"]
    assert (record["status"], record["outcome"]) == (status, outcome)
    by, reason = (None, None) if action is None else ("mod", "Fine by me")
    assert (result["reviewedBy"], result["reason"], result["rounds"]) == (by, reason, 1)
    assert (result["reviewedAt"] is None) == (action is None)


def test_a_published_review_and_its_courses_rank_are_there_to_read() -> None:
    best = Reviewing(resort="niseko", rating=5).to_moderator().moderated("approve")
    assert best.publish()["result"]["rank"] == 1
    reviewing = Reviewing(resort="niseko", rating=3).to_moderator().moderated("approve")
    result = reviewing.publish()["result"]
    assert (result["rank"], result["of"], result["score"]) == (2, 2, 3.0)
    row = reviewing.row
    assert (row["status"], row["rating"], row["text"]) == ("published", 3, reviewing.sent["text"])
    assert (row["reviewedBy"], row["reviewedAt"]) == ("mod", result["reviewedAt"])
    assert [course["courseId"] for course in ranking_of("niseko")] == [best.sent["courseId"], row["courseId"]]


def test_what_is_clearly_bad_is_rejected_with_reasons_and_asks_nobody() -> None:
    reviewing = Reviewing(title="Rubbish", text="bad")
    reasons = reviewing.screen()
    ended = reviewing.close()
    assert (ended["outcome"], ended["result"]["reasons"]) == ("rejected", reasons)
    assert (ended["result"]["reviewedBy"], ended["result"]["reviewedAt"]) == (
        "screening",
        reviewing.review["screenedAt"],
    )
    [notice] = notifications()
    assert notice["text"].splitlines()[1:] == reasons
    assert len(reasons) == 2
    assert reviewing.row is None


def test_the_author_is_told_what_to_change_and_until_when_and_a_moderator_sees_what_comes() -> None:
    reviewing, link = asked()
    reviewing.moderated("request_changes", comment="Say more about the snow")
    reviewing.resubmitted(text=BETTER)
    [notice] = notifications()
    assert notice["subject"] == "Your review of Peak to Creek: to be changed"
    assert "Say more about the snow" in notice["text"]
    reviewing.to_moderator()
    question = callback_of(reviewing.session_id, "AskModerator")["question"]
    facts = {fact["label"]: fact["value"] for fact in question["facts"]}
    assert (facts["Review"], facts["Title"], facts["Round"]) == (BETTER, "Long and lovely", "2 of 3")
    assert reviewing.decide(link, "approve").status == 200


def test_the_third_round_is_the_last() -> None:
    reviewing, link = asked()
    for number in (2, 3):
        reviewing.moderated("request_changes").resubmitted(rating=number).to_moderator()
    refused = reviewing.signal("request_changes")
    assert (refused.status, refused.code) == (409, "NotAccepted")
    assert reviewing.decide(link, "request_changes").status == 400
    result = reviewing.moderated("reject").close()["result"]
    assert (result["rounds"], result["rating"]) == (3, 3)


def test_a_resubmission_is_screened_too() -> None:
    reviewing = Reviewing().to_moderator().moderated("request_changes").resubmitted(text="Rubbish, all of it")
    assert reviewing.screen() == ["text: has the word 'rubbish', which is not allowed"]
    ended = reviewing.close()
    assert (ended["outcome"], ended["result"]["reviewedBy"]) == ("rejected", "screening")


def test_a_resubmission_that_is_none_is_refused_before_anything_is_answered() -> None:
    reviewing = Reviewing().to_moderator().moderated("request_changes")
    reviewing.ask_author()
    for payload, field in (({"rating": 6}, "payload.rating"), ({}, "payload"), (None, "payload")):
        refused = reviewing.signal("resubmit", payload=payload)
        assert (refused.status, refused.json["error"]["details"][0]["field"]) == (400, field)
    assert callback_of(reviewing.session_id, "AskAuthor")["status"] == "open"


def test_a_resubmission_that_passed_by_the_api_and_is_none_fails_the_step() -> None:
    reviewing = Reviewing().to_moderator().moderated("request_changes")
    reviewing.answer = {"decision": {**reviewing.answer["decision"], "action": "resubmit", "payload": {"rating": 6}}}
    with pytest.raises(InvalidInput, match=r"payload\.rating"):
        reviewing.screened()


def test_of_two_moderators_at_once_one_decides_and_the_other_is_told_which() -> None:
    reviewing, link = asked()
    with interleaved():
        two = [Delivery(word, partial(reviewing.decide, link, word)).start() for word in ("approve", "reject")]
        while running := [each for each in two if not each.done]:
            for each in running:
                each.step()
    stands, late = sorted((each.output for each in two), key=lambda answer: answer.status)
    assert (stands.status, late.status) == (200, 409)
    assert ("Already approved" in late.text) == (two[0].output is stands)
    assert reviewing.signal("reject", by="another").code == "NothingWaits"
    reviewing.go_on("AskModerator")
    assert reviewing.answer["decision"]["action"] == ("approve" if two[0].output is stands else "reject")


def test_an_answer_is_too_late_once_the_time_is_over_or_the_review_has_ended() -> None:
    reviewing, link = asked()
    with later(3601):
        assert reviewing.decide(link, "approve").status == 410
        assert reviewing.signal("approve").status == 409
    reviewing.close()
    assert reviewing.decide(link, "approve").status == 410
    assert reviewing.signal("approve").status == 409
    assert record_of(reviewing.session_id)["outcome"] == "expired"


def test_a_second_review_of_an_author_and_course_is_refused_whether_the_first_is_open_or_published() -> None:
    first = Reviewing().to_moderator()
    assert Reviewing(**first.key).screen() == [DUPLICATE]
    first.moderated("approve").publish()
    assert Reviewing(**first.key).screen() == [DUPLICATE]
    assert Reviewing(**{**first.key, "userId": "rider-x"}).screen() == []
    assert Reviewing(**{**first.key, "courseId": "another"}).screen() == []


@pytest.mark.parametrize("end", ["rejected", "failed"])
def test_a_review_that_ended_unpublished_makes_room_for_another(end: str) -> None:
    first = Reviewing().to_moderator()
    if end == "failed":
        first.fail()
    else:
        first.moderated("reject").close()
    second = Reviewing(**first.key).to_moderator()
    assert second.moderated("approve").publish()["outcome"] == "published"


def test_a_review_whose_place_another_took_while_its_session_had_failed_is_not_published() -> None:
    first = Reviewing().to_moderator().moderated("approve")
    first.fail()
    second = Reviewing(**first.key)
    assert second.screen() == []
    first.retry()
    ended = first.publish()
    assert (ended["outcome"], ended["result"]["reasons"]) == ("rejected", [DUPLICATE])
    assert (ended["result"]["reviewedBy"], ended["result"]["rank"]) == ("screening", None)
    second.ask_moderator()
    assert second.moderated("approve").publish()["outcome"] == "published"
