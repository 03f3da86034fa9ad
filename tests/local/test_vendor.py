"""The simulated vendor alone, served on loopback; what it answers goes to a receiver that checks signatures."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
import uvicorn

from local.cloud import free_port
from local.launcher import HOST
from local.receiver import Receiver
from local.vendor import vendor_app
from tests.support.waiting import eventually

KEY = "the-key"
SECRET = "whsec_QWxpY2VBbmRCb2JBbmRDYXJvbERhdmU="
CANDIDATES = [
    {"userId": "user-coach", "level": 3, "certification": "CASI"},
    {"userId": "user-buddy", "level": 0, "certification": None},
    {"userId": "user-other", "level": 2, "certification": "Home-made"},
]
REVIEWS = {
    "reviews": [
        {"userId": "user-coach", "approved": True, "rating": 90},
        {"userId": "user-buddy", "approved": True, "rating": None},
        {"userId": "user-other", "approved": False, "rating": None},
    ]
}
NEVER = 3600


class Vendor:
    """The vendor as those see it who ask, and who direct it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, callback_url: str, *, key: str = KEY, **more: object) -> urllib3.BaseHTTPResponse:
        body = {"requestId": "search-1", "callbackUrl": callback_url, "candidates": CANDIDATES, **more}
        return urllib3.request("POST", f"{self._url}/reviews", json=body, headers={"Authorization": f"Bearer {key}"})

    def direct(self, behaviour: str, seconds: float = 0, path: str = "/requests/search-1") -> int:
        plan = {"behaviour": behaviour, "afterSeconds": seconds}
        return urllib3.request("PUT", f"{self._url}{path}", json=plan).status

    def shown(self, request_id: str = "search-1") -> Any:
        return urllib3.request("GET", f"{self._url}/requests/{request_id}").json()

    def has_answers(self, *statuses: int | None) -> bool:
        answers: list[int | None] = self.shown()["answers"]
        return answers == list(statuses)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    port = free_port()
    app = vendor_app(KEY, lambda: SECRET)
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started)
    yield Vendor(f"http://{HOST}:{port}")
    server.should_exit = True
    thread.join()


@pytest.fixture
def asker() -> Iterator[Receiver]:
    """Who is answered."""
    with Receiver(SECRET) as receiver:
        yield receiver


def test_it_answers_later_with_signed_reviews_of_each_candidate(vendor: Vendor, asker: Receiver) -> None:
    vendor.direct("answer", 0.2)

    assert vendor.ask(asker.url).status == 202
    assert vendor.shown() == {"asked": 1, "answers": []}
    eventually(lambda: vendor.has_answers(200))
    assert asker.received == [("msg_search-1", REVIEWS)]


def test_a_repeated_request_is_counted_and_answered_once(vendor: Vendor, asker: Receiver) -> None:
    vendor.direct("answer", NEVER)

    statuses = [vendor.ask(asker.url).status for _ in range(3)]
    vendor.direct("answer")
    eventually(lambda: vendor.has_answers(200))

    assert statuses == [202, 202, 202]
    assert vendor.ask(asker.url).status == 202
    assert vendor.shown() == {"asked": 4, "answers": [200]}
    assert len(asker.received) == 1


def test_the_same_request_for_another_url_is_answered_there_too(vendor: Vendor, asker: Receiver) -> None:
    vendor.direct("answer")

    vendor.ask(asker.url)
    vendor.ask(f"{asker.url}/other")

    eventually(lambda: vendor.has_answers(200, 200))


def test_told_to_answer_twice_it_repeats_the_answer_under_its_id(vendor: Vendor, asker: Receiver) -> None:
    vendor.direct("twice")

    vendor.ask(asker.url)

    eventually(lambda: vendor.has_answers(200, 200))
    assert asker.received == [("msg_search-1", REVIEWS)] * 2


def test_told_to_forge_it_signs_with_another_secret_and_answers_only_once_told_to(
    vendor: Vendor, asker: Receiver
) -> None:
    vendor.direct("forged")

    vendor.ask(asker.url)

    eventually(lambda: vendor.has_answers(401))
    assert (asker.received, asker.rejected) == ([], 1)
    vendor.direct("answer")
    eventually(lambda: vendor.has_answers(401, 200))


def test_told_to_be_silent_it_takes_the_request_and_answers_only_once_told_to(vendor: Vendor, asker: Receiver) -> None:
    vendor.direct("silent")

    assert vendor.ask(asker.url).status == 202
    assert vendor.shown() == {"asked": 1, "answers": []}
    vendor.direct("answer")
    eventually(lambda: vendor.has_answers(200))


def test_told_to_fail_it_takes_no_request_until_told_otherwise(vendor: Vendor, asker: Receiver) -> None:
    vendor.direct("fail")

    assert vendor.ask(asker.url).status == 500
    vendor.direct("answer")
    assert vendor.shown() == {"asked": 1, "answers": []}
    assert vendor.ask(asker.url).status == 202
    eventually(lambda: vendor.has_answers(200))


def test_told_to_answer_malformed_it_signs_what_are_no_reviews(vendor: Vendor, asker: Receiver) -> None:
    vendor.direct("malformed")

    vendor.ask(asker.url)

    eventually(lambda: vendor.has_answers(200))
    assert asker.received == [("msg_search-1", {"reviews": "none today"})]


def test_an_answer_that_meets_an_error_comes_again_under_its_id(vendor: Vendor, asker: Receiver) -> None:
    asker.status = 503
    vendor.direct("answer")

    vendor.ask(asker.url)
    eventually(lambda: vendor.has_answers(503))
    asker.status = 200

    eventually(lambda: vendor.shown()["answers"][-1] == 200)
    assert asker.received == [("msg_search-1", REVIEWS)]


def test_an_answer_that_reaches_nobody_comes_again(vendor: Vendor) -> None:
    vendor.direct("answer")

    vendor.ask(f"http://{HOST}:{free_port()}/gone")

    eventually(lambda: vendor.shown()["answers"][:2] == [None, None])


def test_an_answer_that_is_refused_does_not_come_again(vendor: Vendor, asker: Receiver) -> None:
    asker.status = 410
    vendor.direct("twice")

    vendor.ask(asker.url)

    eventually(lambda: vendor.has_answers(410, 410))


def test_requests_without_a_plan_of_their_own_go_by_the_default(vendor: Vendor, asker: Receiver) -> None:
    assert vendor.direct("fail", path="/defaults") == 204
    vendor.direct("silent")

    assert vendor.ask(asker.url).status == 202
    assert vendor.ask(asker.url, requestId="search-2").status == 500


@pytest.mark.parametrize("key", ["wrong", ""])
def test_a_wrong_key_is_refused_and_asks_nothing(vendor: Vendor, asker: Receiver, key: str) -> None:
    assert vendor.ask(asker.url, key=key).status == 401
    assert vendor.shown() == {"asked": 0, "answers": []}


def test_a_request_that_lacks_something_is_refused_and_told_what(vendor: Vendor) -> None:
    answer = vendor.ask("no-url", candidates=[{"level": 1}])

    assert answer.status == 422
    assert {each.split(": ")[0] for each in answer.json()["error"].split("; ")} == {
        "callbackUrl",
        "candidates.0.userId",
    }


def test_a_behaviour_it_does_not_know_is_refused(vendor: Vendor) -> None:
    assert vendor.direct("shout") == 422
    assert vendor.direct("answer", -1, path="/defaults") == 422
