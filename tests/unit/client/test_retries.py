"""When a call is sent again and when it is not, and how sessions are waited for."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from durable_workflows import Conflict, Ended, NotEnded, Unavailable, Unknown, WorkflowSettings
from durable_workflows.retrying import FIRST_WINDOW, LONGEST_RETRY_AFTER, LONGEST_WINDOW, SHORTEST_POLL, TRIES
from local.cloud import free_port
from tests.unit.client.api import CLOSE, NEVER, NOW, RECORD, STARTED, Api, Reply, refusal
from tests.unit.client.conftest import Driver, Make

BUSY = Reply(503, refusal("AwsUnavailable"))
FAILURES = [Reply(status, refusal("Busy")) for status in (429, 500, 502, 503, 504)] + [CLOSE]
FOUND = Reply(200, RECORD)


def record(**changes: Any) -> Reply:
    return Reply(200, {**RECORD, **changes})


@pytest.mark.parametrize("failure", FAILURES, ids=["429", "500", "502", "503", "504", "closed"])
def test_what_may_pass_is_asked_again_after_a_growing_jittered_pause(
    client: Driver, api: Api, pauses: list[float], failure: Reply
) -> None:
    api.replies(failure, failure, FOUND)
    assert client.get("s-1").status == "processing"
    assert len(api.requests) == 3
    assert [0 <= pause <= FIRST_WINDOW * 2**tries for tries, pause in enumerate(pauses)] == [True, True]


def test_a_repeated_start_has_the_id_of_the_first(client: Driver, api: Api) -> None:
    api.replies(BUSY, CLOSE, Reply(202, STARTED))
    client.start("order", {"items": []})
    assert len({sent.body for sent in api.requests}) == 1
    assert len(api.requests) == 3


def test_what_does_not_pass_is_unavailable_after_four_tries(client: Driver, api: Api, pauses: list[float]) -> None:
    api.replies(BUSY)
    with pytest.raises(Unavailable, match=r"answered 503 AwsUnavailable: No\. \(Try again later") as caught:
        client.get("s-1")
    assert (caught.value.status, caught.value.retry_after) == (503, None)
    assert len(api.requests) == TRIES
    assert all(pause <= LONGEST_WINDOW for pause in pauses)


def test_an_answer_that_does_not_come_is_waited_for_as_long_as_the_settings_say(
    make: Make, api: Api, pauses: list[float]
) -> None:
    client = make(WorkflowSettings(url=api.url, api_key="the-key", timeout_seconds=0.5))
    api.replies(NEVER, FOUND)
    assert client.get("s-1").session_id == "s-1"
    api.replies(NEVER)
    with pytest.raises(Unavailable, match=r"none within 0\.5 s \(ReadTimeout\)") as caught:
        client.get("s-1")
    assert (caught.value.status, caught.value.maybe_done) == (None, True)


def test_nobody_there_is_unavailable_and_says_where(make: Make, pauses: list[float]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    client = make(WorkflowSettings(url=url, api_key="the-key"))
    with pytest.raises(Unavailable, match=f"the workflow API at {url} gave no answer") as caught:
        client.signal("s-1", "approve")
    assert caught.value.maybe_done is False
    assert len(pauses) == TRIES - 1  # what never arrived is sent again, a signal too


def test_retry_after_is_waited_for(client: Driver, api: Api, pauses: list[float]) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=4), usegmt=True)
    api.replies(
        Reply(503, refusal("Busy"), (("Retry-After", "2"),)),
        Reply(429, refusal("Busy"), (("Retry-After", later),)),
        Reply(429, refusal("Busy"), (("Retry-After", "soon"),)),
        FOUND,
    )
    client.get("s-1")
    assert 2 <= pauses[0] <= 2 + FIRST_WINDOW
    assert 1 <= pauses[1] <= 4 + 2 * FIRST_WINDOW
    assert pauses[2] <= 4 * FIRST_WINDOW


def test_who_asks_to_be_left_alone_for_long_is_left_alone(client: Driver, api: Api, pauses: list[float]) -> None:
    api.replies(Reply(429, refusal("Busy"), (("Retry-After", str(int(LONGEST_RETRY_AFTER) + 1)),)))
    with pytest.raises(Unavailable) as caught:
        client.get("s-1")
    assert (caught.value.retry_after, len(api.requests), pauses) == (11, 1, [])


@pytest.mark.parametrize("failure", [BUSY, CLOSE], ids=["503", "closed"])
def test_a_signal_that_may_have_arrived_is_not_sent_again(client: Driver, api: Api, failure: Reply) -> None:
    api.replies(failure)
    with pytest.raises(Unavailable, match=r"Whether it was done is not known\. Look at the session") as caught:
        client.signal("s-1", "approve")
    assert (caught.value.maybe_done, len(api.requests)) == (True, 1)


def test_a_signal_that_was_throttled_is_sent_again(client: Driver, api: Api) -> None:
    answered = {"sessionId": "s-1", "callbackId": "c-1", "status": "decided"}
    api.replies(Reply(429, refusal("TooManyRequests")), Reply(202, answered))
    assert client.signal("s-1", "approve").status == "decided"


def test_a_retry_whose_answer_was_lost_is_known_by_the_session_it_set_going(client: Driver, api: Api) -> None:
    api.replies(CLOSE, Reply(409, refusal("NotRetryable")), record(attempt=2, status="waiting"))
    assert client.retry("s-1").status == "waiting"


@pytest.mark.parametrize(
    "seen", [record(attempt=1, status="completed"), record(attempt=2, status="failed")], ids=["first", "failed again"]
)
def test_a_retry_that_set_nothing_going_is_refused(client: Driver, api: Api, seen: Reply) -> None:
    api.replies(CLOSE, Reply(409, refusal("NotRetryable")), seen)
    with pytest.raises(Conflict):
        client.retry("s-1")


def test_a_retry_that_was_refused_at_once_is_refused(client: Driver, api: Api) -> None:
    api.replies(Reply(409, refusal("NotRetryable")), record(attempt=2, status="completed"))
    with pytest.raises(Conflict) as caught:
        client.retry("s-1")
    assert (caught.value.tries, len(api.requests)) == (1, 1)


def test_a_cancel_whose_answer_was_lost_is_asked_for_again(client: Driver, api: Api) -> None:
    api.replies(CLOSE, Reply(202, {"sessionId": "s-1", "status": "cancelled"}))
    assert client.cancel("s-1").status == "cancelled"


def test_a_session_is_polled_ever_more_seldom_until_it_has_ended(client: Driver, api: Api, pauses: list[float]) -> None:
    api.replies(*[FOUND] * 6, record(status="completed", result={"total": 7}))
    assert client.wait("s-1", seconds=600).result == {"total": 7}
    windows = [min(2 * SHORTEST_POLL * 2**count, LONGEST_WINDOW) for count in range(6)]
    assert len(pauses) == 6
    assert all(SHORTEST_POLL <= pause <= window for pause, window in zip(pauses, windows, strict=True))


def test_a_session_that_goes_on_is_told_of_with_where_it_stands(client: Driver, api: Api) -> None:
    waits = {"callbackId": "c-1", "kind": "webhook", "step": "RequestVendorReview", "expiresAt": NOW}
    api.replies(record(status="waiting", waitingFor=waits))
    with pytest.raises(
        NotEnded, match=r"is waiting, in phase payment, at 60 %, waits for a webhook until 2026"
    ) as caught:
        client.wait("s-1", seconds=0)
    assert caught.value.session.session_id == "s-1"
    assert len(api.requests) == 1


def test_a_wait_asks_once_more_when_its_time_is_over(make: Make, api: Api) -> None:
    client = make(WorkflowSettings(url=api.url, api_key="the-key"))
    api.replies(FOUND, FOUND, record(status="completed"))
    with pytest.raises(NotEnded):
        client.wait("s-1", seconds=0.1)
    assert len(api.requests) == 2


def test_an_api_that_is_away_for_a_while_does_not_end_a_wait(client: Driver, api: Api) -> None:
    api.replies(FOUND, *[BUSY] * (TRIES + 1), record(status="completed"))
    assert client.wait("s-1", seconds=600).status == "completed"
    api.replies(BUSY)
    with pytest.raises(Unavailable):
        client.wait("s-1", seconds=0)
    api.replies(Reply(404, refusal("UnknownSession")))
    with pytest.raises(Unknown):
        client.wait("s-1", seconds=600)


ANSWERED = Reply(202, {"sessionId": "s-1", "callbackId": "c-1", "status": "decided"})
NOTHING_WAITS = Reply(409, refusal("NothingWaits"))


def test_a_signal_is_given_once_unless_there_is_time(client: Driver, api: Api) -> None:
    api.replies(NOTHING_WAITS)
    with pytest.raises(Conflict, match="NothingWaits"):
        client.signal("s-1", "approve")
    assert len(api.requests) == 1


def test_a_session_is_signalled_until_it_waits(client: Driver, api: Api, pauses: list[float]) -> None:
    api.replies(NOTHING_WAITS, FOUND, NOTHING_WAITS, FOUND, ANSWERED)
    assert client.signal("s-1", "approve", seconds=30).status == "decided"
    assert [SHORTEST_POLL <= pause <= 4 * SHORTEST_POLL for pause in pauses] == [True, True]


def test_a_session_that_has_ended_is_told_of_with_its_end(client: Driver, api: Api) -> None:
    api.replies(NOTHING_WAITS, record(status="completed", outcome="accepted"))
    with pytest.raises(Ended, match=r"The session is completed \(accepted\) and is no longer open") as caught:
        client.signal("s-1", "approve", seconds=30)
    assert caught.value.session.outcome == "accepted"


def test_a_signal_ends_with_its_time(client: Driver, api: Api, pauses: list[float]) -> None:
    api.replies(*[NOTHING_WAITS, FOUND] * 30)
    with pytest.raises(Conflict, match="NothingWaits"):
        client.signal("s-1", "approve", seconds=2)
    assert sum(pauses) == pytest.approx(2)
