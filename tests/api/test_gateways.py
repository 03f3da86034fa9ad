"""Who is let in: an API key at one gateway, IAM's signature at the other, and nobody through the wrong door."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from api.openapi import DOCUMENT
from local.cloud import REGION
from tests.e2e.conftest import Deployed

pytestmark = pytest.mark.xdist_group("local_cloud")

PATHS = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"]
OPERATIONS = [
    (method.upper(), path, one["security"] == []) for path, item in PATHS.items() for method, one in item.items()
]
KEYED = [(method, path) for method, path, is_open in OPERATIONS if not is_open]
OPEN = [(method, path) for method, path, is_open in OPERATIONS if is_open]


@pytest.fixture
def user(deployed: Deployed) -> Iterator[Credentials]:
    """An IAM user who may do nothing."""
    deployed.iam.create_user(UserName="caller")
    key = deployed.iam.create_access_key(UserName="caller")["AccessKey"]
    yield Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    deployed.iam.delete_access_key(UserName="caller", AccessKeyId=key["AccessKeyId"])
    for policy in deployed.iam.list_user_policies(UserName="caller")["PolicyNames"]:
        deployed.iam.delete_user_policy(UserName="caller", PolicyName=policy)
    deployed.iam.delete_user(UserName="caller")


def signed(
    deployed: Deployed, method: str, path: str, credentials: Credentials, body: str | None = None
) -> tuple[int, Any]:
    request = AWSRequest(method, deployed.api.iam_url + path, data=body)
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    answer = deployed.request(method, str(request.url), body, **dict(request.headers.items()))
    return answer.status, answer.json()


@pytest.mark.parametrize(("method", "path"), KEYED)
def test_without_a_key_nothing_is_answered(method: str, path: str, deployed: Deployed) -> None:
    for headers in ({}, {"x-api-key": "x" * 20}):
        answer = deployed.request(method, deployed.api.url + path, **headers)

        assert answer.status == 403
        assert answer.json()["error"]["code"] == "Forbidden"


@pytest.mark.parametrize(("method", "path"), KEYED)
def test_without_a_signature_nothing_is_answered_at_the_other_gateway(
    method: str, path: str, deployed: Deployed
) -> None:
    answer = deployed.request(method, deployed.api.iam_url + path, **{"x-api-key": deployed.api.key})

    assert answer.status == 403


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_what_brings_its_own_proof_has_one_address(method: str, path: str, deployed: Deployed) -> None:
    assert deployed.request(method, deployed.api.iam_url + path).status in (403, 404)
    assert deployed.request(method, deployed.api.url + path).status in (200, 401, 403)


def test_a_user_gets_in_with_a_permission_and_not_without(deployed: Deployed, user: Credentials) -> None:
    assert signed(deployed, "GET", "/sessions/nobody", user)[0] == 403

    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/local/GET/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    deployed.iam.put_user_policy(UserName="caller", PolicyName="reads", PolicyDocument=policy)

    assert signed(deployed, "GET", "/sessions/nobody", user) == (
        404,
        {"error": {"code": "UnknownSession", "message": "There is no session of this id."}},
    )
    assert signed(deployed, "POST", "/sessions/nobody/cancel", user)[0] == 403
    forged = Credentials(user.access_key, "x" * 40)
    assert signed(deployed, "GET", "/sessions/nobody", forged)[0] == 403


def test_a_signal_through_iam_is_the_users(deployed: Deployed, asked: Any) -> None:
    session_id, _ = asked()
    own = deployed.cloud.environment()
    credentials = Credentials(own["AWS_ACCESS_KEY_ID"], own["AWS_SECRET_ACCESS_KEY"])

    status, _ = signed(deployed, "POST", f"/sessions/{session_id}/signals/reject", credentials)

    assert status == 202
    deployed.ended_record(session_id)
    by = deployed.row("results", sessionId=session_id)["result"]["ending"]["by"]
    assert by.startswith("arn:aws:iam::")
