"""The local way: a task of the process and Redis."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from redis import Redis

from local.cloud import ROOT, free_port
from tests.service.conftest import Environment, StartService, direct
from tests.service.world import PLAIN, REVIEWED, Service, approving, expected
from tests.support.waiting import eventually
from tests.unit.client.api import NEVER, Api

KEY = "search:{}"


def asked(vendor: httpx.Client, search_id: str) -> int:
    return int(vendor.get(f"/requests/{search_id}").json()["asked"])


def test_a_search_without_review_has_the_workflow_s_own_result(local_service: Service) -> None:
    answer = local_service.start({**PLAIN, "search_id": "s-1"})
    assert answer.status_code == 202
    assert answer.json() == {"search_id": "s-1", "status": "processing", "payload": None}
    assert answer.headers["location"] == "/matching/searches/s-1"
    search = local_service.ended("s-1")
    assert search == {"search_id": "s-1", "status": "completed", "payload": expected("s-1", PLAIN)}
    assert search["payload"]["matches"]
    assert search["payload"]["review"] == "not_needed"


def test_a_search_without_an_id_is_given_one(local_service: Service) -> None:
    search_id = local_service.started(PLAIN)
    assert local_service.ended(search_id)["payload"]["searchId"] == search_id
    assert local_service.started(PLAIN) != search_id


def test_a_reviewed_search_waits_for_the_vendor_s_signed_answer(local_service: Service) -> None:
    search = local_service.ended(local_service.started(REVIEWED))
    assert search["status"] == "completed"
    assert search["payload"]["review"] == "reviewed"
    assert any(match["reviewed"] for match in search["payload"]["matches"])


def test_a_vendor_that_answers_twice_changes_nothing(local_service: Service, vendor: httpx.Client) -> None:
    direct(vendor, "twice")
    search_id = local_service.started(REVIEWED)
    first = local_service.ended(search_id)
    eventually(lambda: vendor.get(f"/requests/{search_id}").json()["answers"] == [200, 200])
    assert local_service.search(search_id) == first


@pytest.mark.parametrize("behaviour", ["fail", "malformed"])
def test_a_vendor_that_fails_leaves_the_matches_unreviewed(
    local_service: Service, vendor: httpx.Client, behaviour: str
) -> None:
    direct(vendor, behaviour)
    search_id = local_service.started(REVIEWED)
    search = local_service.ended(search_id)
    assert search == {"search_id": search_id, "status": "completed", "payload": expected(search_id, REVIEWED)}
    assert search["payload"]["review"] == "unreviewed"


def test_a_silent_vendor_is_waited_for_no_longer_than_allowed(
    local_settings: Environment, vendor: httpx.Client, start: StartService
) -> None:
    local_settings.setenv("MATCHING_SERVICE_REVIEW_SECONDS", "1")
    direct(vendor, "silent")
    service = start()
    search_id = service.started(REVIEWED)
    assert service.ended(search_id)["payload"]["review"] == "unreviewed"
    assert asked(vendor, search_id) == 1


def test_a_forged_review_is_refused_and_the_true_one_still_counts(local_service: Service, vendor: httpx.Client) -> None:
    direct(vendor, "silent")
    search_id = local_service.started(REVIEWED)
    reviews = approving(search_id)
    forged = local_service.review(search_id, json.dumps({"reviews": []}), "whsec_Zm9yZ2VkLWJ5LXNvbWVib2R5")
    assert (forged.status_code, forged.json()["error"]["code"]) == (401, "NotSigned")
    assert local_service.search(search_id)["status"] == "processing"
    assert local_service.review(search_id, "no JSON").status_code == 422
    taken = local_service.review(search_id, json.dumps(reviews))
    assert (taken.status_code, taken.json()) == (200, {"search_id": search_id, "status": "processing", "payload": None})
    assert local_service.ended(search_id)["payload"] == expected(search_id, REVIEWED, reviews)


def test_a_review_of_a_search_that_is_over_changes_nothing(local_service: Service) -> None:
    search_id = local_service.started(PLAIN)
    before = local_service.ended(search_id)
    late = local_service.review(search_id, json.dumps({"reviews": []}))
    assert (late.status_code, late.json()["status"]) == (200, "completed")
    assert local_service.search(search_id) == before


def test_a_review_of_a_search_that_nobody_knows_is_404(local_service: Service) -> None:
    answer = local_service.review("unknown", json.dumps({"reviews": []}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "UnknownSearch")


def test_the_same_start_again_finds_the_same_search(local_service: Service, vendor: httpx.Client) -> None:
    direct(vendor, "silent")
    raw = {**REVIEWED, "search_id": "s-1"}
    camel = {"searchId": "s-1", "seeker": {**REVIEWED["seeker"]}, "criteria": REVIEWED["criteria"]}
    camel["seeker"]["userId"] = camel["seeker"].pop("user_id")
    for again in (raw, raw, camel):
        assert local_service.start(again).json() == {"search_id": "s-1", "status": "processing", "payload": None}
    eventually(lambda: asked(vendor, "s-1") > 0)
    local_service.review("s-1", json.dumps(approving("s-1")))
    local_service.ended("s-1")
    assert local_service.start(raw).json()["status"] == "completed"
    assert asked(vendor, "s-1") == 1


def test_a_start_with_other_input_is_409_and_leaves_the_first_alone(local_service: Service) -> None:
    search_id = local_service.started({**PLAIN, "search_id": "s-1"})
    other = local_service.start({**REVIEWED, "search_id": "s-1"})
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "SearchConflict"
    assert local_service.ended(search_id)["payload"] == expected("s-1", PLAIN)


def test_bad_input_names_each_field_and_no_value(local_service: Service) -> None:
    criteria = {**PLAIN["criteria"], "resort": "Not A Slug", "limit": 99}
    answer = local_service.start({**PLAIN, "criteria": criteria, "wish": "x"})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "InvalidInput"
    assert {detail["field"] for detail in error["details"]} == {"criteria.resort", "criteria.limit", "wish"}
    assert "Not A Slug" not in answer.text


def test_a_callback_url_is_the_service_s_to_choose(local_service: Service) -> None:
    answer = local_service.start({**PLAIN, "callback_url": "https://partner.example.com/"})
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == ["callbackUrl"]


def test_redis_keeps_a_search_for_its_time_and_no_longer(local_service: Service, store: Redis) -> None:
    search_id = local_service.started(PLAIN)
    assert 0 < store.ttl(KEY.format(search_id)) <= 3600
    local_service.ended(search_id)
    assert 0 < store.ttl(KEY.format(search_id)) <= 3600
    store.expire(KEY.format(search_id), 0)
    assert local_service.get(f"/matching/searches/{search_id}").status_code == 404


def test_a_profile_that_cannot_be_read_is_skipped(local_service: Service, store: Redis) -> None:
    store.hset("profiles:whistler#2026-27", "rider-bad", '{"userId": "rider-bad"}')
    search_id = local_service.started(PLAIN)
    assert local_service.ended(search_id)["payload"] == expected(search_id, PLAIN)


def test_a_task_that_fails_is_kept_as_failed_with_its_reason(local_service: Service, store: Redis) -> None:
    store.set("profiles:whistler#2026-27", "not a hash")
    search_id = local_service.started(PLAIN)
    assert local_service.ended(search_id) == {"search_id": search_id, "status": "failed", "payload": None}
    assert json.loads(store.get(KEY.format(search_id)) or "")["error"] == "ResponseError"


def test_without_redis_the_answer_is_503(local_settings: Environment, start: StartService) -> None:
    local_settings.setenv("MATCHING_SERVICE_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    service = start()
    for answer in (service.start(PLAIN), service.get("/matching/searches/s-1")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "StoreUnavailable")
    assert service.get("/healthz").json() == {"status": "ok", "way": "local"}


def test_what_nobody_foresaw_is_500_and_tells_nothing(local_service: Service, store: Redis) -> None:
    store.set(KEY.format("s-1"), "rider-001 was here")
    answer = local_service.get("/matching/searches/s-1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "InternalError")
    assert "rider-001" not in answer.text


def test_a_vendor_that_takes_its_time_holds_up_nobody_else(
    local_settings: Environment, start: StartService, api: Api
) -> None:
    api.replies(NEVER)
    local_settings.setenv("MATCHING_SERVICE_VENDOR_URL", api.url)
    service = start()
    service.started(REVIEWED)
    eventually(lambda: bool(api.requests))
    assert service.ended(service.started(PLAIN))["status"] == "completed"
    api.over.set()


def test_a_search_is_lost_with_its_process(local_settings: Environment, store: Redis, vendor: httpx.Client) -> None:
    direct(vendor, "silent")
    port = free_port()
    with running(port) as service:
        search_id = service.started(REVIEWED)
        eventually(lambda: asked(vendor, search_id) == 1)
    with running(port) as service:
        assert service.review(search_id, json.dumps(approving(search_id))).status_code == 200
        assert service.started({**REVIEWED, "search_id": search_id}) == search_id
        assert service.search(search_id)["status"] == "processing"  # and so it stays, until Redis forgets it
        assert asked(vendor, search_id) == 1
        store.expire(KEY.format(search_id), 0)
        assert service.get(f"/matching/searches/{search_id}").status_code == 404


@contextmanager
def running(port: int) -> Iterator[Service]:
    """The service in a process of its own, which is killed in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "service.app:create_app", "--factory", "--port", str(port)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("", "lambdas", "client"))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    service = Service(f"http://127.0.0.1:{port}")
    try:
        eventually(lambda: serves(service))
        yield service
    finally:
        process.kill()
        process.wait()
        service.close()


def serves(service: Service) -> bool:
    try:
        return service.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False
