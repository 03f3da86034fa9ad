"""The public API on the local cloud: starts, retries and cancels sessions, with the rights of its own roles alone."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.cloud import REGION
from tests.e2e.conftest import Deployed
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

PROFILE: dict[str, Any] = {"target": "keto", "budget": 30000}


def start(deployed: Deployed, raw: Any, workflow: str = "ai-chef") -> tuple[int, Any]:
    return deployed.call("POST", f"/workflows/{workflow}/start", raw)


def test_a_session_is_started_once_however_often_it_is_asked_for(deployed: Deployed, session_id: str) -> None:
    raw = {"sessionId": session_id, "profile": PROFILE}
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: start(deployed, raw), range(10)))
    assert {status for status, _ in answers} == {202}
    assert {answer["executionArn"] for _, answer in answers} == {answers[0][1]["executionArn"]}
    assert deployed.ended(answers[0][1]["executionArn"])["status"] == "SUCCEEDED"
    status, session = deployed.call("GET", f"/sessions/{session_id}")
    assert (status, session["status"], session["progress"]) == (200, "completed", 100)
    assert session["result"]["withinBudget"] is True
    status, answer = start(deployed, {**raw, "profile": {**PROFILE, "budget": 20000}})
    assert (status, answer["error"]["code"]) == (409, "SessionConflict")


def test_a_bad_input_names_each_field_and_starts_nothing(deployed: Deployed, session_id: str) -> None:
    status, answer = start(deployed, {"sessionId": session_id, "profile": {"target": "paleo", "budget": -1}})
    assert (status, answer["error"]["code"]) == (400, "InvalidInput")
    assert {detail["field"] for detail in answer["error"]["details"]} == {"profile.target", "profile.budget"}
    assert deployed.record(session_id) is None
    assert start(deployed, {}, workflow="bakery")[0] == 404
    assert start(deployed, {"sessionId": session_id, "profile": PROFILE, "x": "x" * 300_000})[0] == 413


def test_a_failed_session_is_run_on_without_running_what_succeeded_again(deployed: Deployed, session_id: str) -> None:
    with deployed.setting("ai-chef-fetch-prices-local", "PRICE_PROVIDER", "nobody"):
        status, first = start(deployed, {"sessionId": session_id, "profile": PROFILE})
        assert status == 202
        assert deployed.ended_record(session_id)["error"]["type"] == "WrongSettings"
    (recipe,) = deployed.steps_of(session_id)
    status, answer = deployed.call("POST", f"/sessions/{session_id}/retry")
    assert (status, answer["sessionId"]) == (202, session_id)
    record = deployed.record(session_id)
    assert record["executionArn"] == f"{first['executionArn']}-2"
    assert deployed.ended(record["executionArn"])["status"] == "SUCCEEDED"
    record = deployed.record(session_id)
    assert (record["status"], record["attempt"], record["steps"]["GenerateRecipe"]["attempt"]) == ("completed", 2, 1)
    assert recipe in deployed.steps_of(session_id)
    assert deployed.call("POST", f"/sessions/{session_id}/retry")[0] == 409


def test_a_cancelled_session_is_stopped_and_undone_and_may_be_cancelled_again(
    deployed: Deployed, session_id: str
) -> None:
    deployed.stock(f"product-{session_id}", 5)
    items = [{"productId": f"product-{session_id}", "price": 2000, "quantity": 5}]
    start(deployed, {"sessionId": session_id, "customerId": "cust-1", "items": items}, "order")
    deployed.waiting(session_id)
    assert deployed.call("POST", f"/sessions/{session_id}/cancel")[0] == 202
    assert deployed.ended_record(session_id)["status"] == "cancelled"
    assert deployed.call("POST", f"/sessions/{session_id}/cancel")[0] == 202
    eventually(lambda: deployed.record(session_id).get("compensation") == "done")
    assert deployed.row("inventory", productId=f"product-{session_id}")["available"] == 5
    assert deployed.call("POST", f"/sessions/{session_id}/signals/approve", {})[0] == 409


def test_sessions_are_listed_by_owner_newest_first_page_by_page(deployed: Deployed, session_id: str) -> None:
    names = [f"{session_id}-{number}" for number in range(3)]
    for name in names:
        start(deployed, {"sessionId": name, "owner": session_id, "profile": PROFILE})
    status, page = deployed.call("GET", f"/sessions?owner={session_id}&limit=2")
    assert (status, [record["sessionId"] for record in page["records"]]) == (200, names[:0:-1])
    _, rest = deployed.call("GET", f"/sessions?owner={session_id}&limit=2&cursor={page['cursor']}")
    assert ([record["sessionId"] for record in rest["records"]], "cursor" in rest) == (names[:1], False)
    _, batch = deployed.call("POST", "/sessions/batch", {"sessionIds": [*names, "nobody"]})
    assert ([record["sessionId"] for record in batch["records"]], batch["missing"]) == (names, ["nobody"])


def test_neither_api_opens_to_who_has_no_key_or_no_signature(deployed: Deployed, session_id: str) -> None:
    for base in (deployed.api.url, deployed.api.iam_url):
        for headers in ({}, {"x-api-key": "guess"}):
            assert deployed.request("GET", f"{base}/sessions/{session_id}", **headers).status == 403
    assert deployed.request("GET", deployed.api.url + "/openapi.json").status == 200


def test_who_may_invoke_the_iam_api_needs_no_key(deployed: Deployed, session_id: str) -> None:
    iam = boto3.client("iam", **deployed.cloud.connection())
    name = f"caller-{session_id[-12:]}"
    iam.create_user(UserName=name)
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    iam.put_user_policy(
        UserName=name, PolicyName="call", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    body = json.dumps({"sessionId": session_id, "profile": PROFILE})
    request = AWSRequest("POST", deployed.api.iam_url + "/workflows/ai-chef/start", data=body)
    SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "execute-api", REGION).add_auth(request)
    headers = {name: str(value) for name, value in request.headers.items()}
    assert deployed.request("POST", str(request.url), body, **headers).status == 202
    assert deployed.request("POST", str(request.url), body.replace("keto", "vegan"), **headers).status == 403


ROUTES = [
    ("start-workflow", "POST", "/workflows/ai-chef/start", {"profile": PROFILE}),
    ("get-session", "GET", "/sessions/nobody", None),
    ("list-sessions", "GET", "/sessions?workflow=order", None),
    ("batch-sessions", "POST", "/sessions/batch", {"sessionIds": ["nobody"]}),
    ("cancel-session", "POST", "/sessions/nobody/cancel", None),
    ("retry-session", "POST", "/sessions/nobody/retry", None),
    ("send-signal", "POST", "/sessions/nobody/signals/approve", {}),
    ("show-approval", "GET", "/approvals/nobody", None),
    ("decide-approval", "POST", "/approvals/nobody", None),
    ("answer-callback", "POST", "/callbacks/nobody", {}),
]


@pytest.mark.parametrize(("function", "method", "path", "body"), ROUTES, ids=[route[0] for route in ROUTES])
def test_a_route_without_its_grants_says_no_more_than_that(
    deployed: Deployed, function: str, method: str, path: str, body: Any
) -> None:
    # In a process of its own: one that has run before may know its secret already.
    name = f"api-{function}-local"
    with deployed.without_grants(name), deployed.setting(name, "POWERTOOLS_LOG_LEVEL", "WARNING"):
        answer = deployed.request(
            method,
            deployed.api.url + path,
            None if body is None else json.dumps(body),
            **{"x-api-key": deployed.api.key},
        )
    assert answer.status == 500
    assert "AccessDenied" not in answer.data.decode()
