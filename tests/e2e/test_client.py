"""The client against the local cloud, with each of its two ways in, and what keeps others out: IAM is enforced."""

import asyncio
import json
import socket
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from durable_workflows import AsyncWorkflowClient, Conflict, InvalidInput, NotAllowed, Unknown, WorkflowClient
from durable_workflows.matching import get_search_status, start_matching_workflow
from durable_workflows.settings import MatchingSettings, WorkflowSettings
from local.cloud import REGION
from tests.e2e.conftest import Deployed
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.xdist_group("e2e")

PROFILE: dict[str, Any] = {"target": "keto", "budget": 30000}
OWNER = "Ann + Bob & Co/ü=~*"

Sign = Callable[[str | None], str]

# Answers a start as the API does, with the path in place of an execution.
FUNCTION = """
import json
def handler(event, context):
    body = json.loads(event["body"])
    session_id = body["sessionId"]
    answer = {"sessionId": session_id, "executionArn": event["rawPath"], "status": "queued",
              "links": {"self": "/", "cancel": "/"}}
    return {"statusCode": 202, "headers": {"content-type": "application/json"}, "body": json.dumps(answer)}
"""
STACK: dict[str, Any] = {
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "sts:AssumeRole",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                        }
                    ],
                }
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "client-test",
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": FUNCTION},
                "Timeout": 20,
            },
        },
        "Url": {
            "Type": "AWS::Lambda::Url",
            "Properties": {"AuthType": "AWS_IAM", "TargetFunctionArn": {"Fn::GetAtt": ["Function", "Arn"]}},
        },
    },
    "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["Url", "FunctionUrl"]}}},
}


@pytest.fixture
def sign(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Sign:
    """Makes this process sign as a new IAM user, whose one grant is the action (or who has none)."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", REGION)

    def of(action: str | None) -> str:
        name = uuid.uuid4().hex
        deployed.iam.create_user(UserName=name)
        if action is not None:
            statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            deployed.iam.put_user_policy(UserName=name, PolicyName="call", PolicyDocument=policy)
        key = deployed.iam.create_access_key(UserName=name)["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        return key["SecretAccessKey"]

    return of


@pytest.fixture
def keyed(deployed: Deployed) -> WorkflowSettings:
    return WorkflowSettings(url=deployed.api.url, api_key=deployed.api.key)


@pytest.fixture
def signed(deployed: Deployed, sign: Sign) -> WorkflowSettings:
    """For a user who may invoke the API for IAM."""
    sign("execute-api:Invoke")
    return WorkflowSettings(url=deployed.api.iam_url, auth_mode="iam_sigv4", region=REGION)


@pytest.fixture(scope="module")
def function_url(deployed: Deployed) -> Iterator[str]:
    """Of a stack of its own, as a host of the local cloud."""
    stacks = boto3.client("cloudformation", **deployed.cloud.connection())
    stacks.create_stack(StackName="client-test", TemplateBody=json.dumps(STACK), Capabilities=["CAPABILITY_IAM"])
    stacks.get_waiter("stack_create_complete").wait(StackName="client-test", WaiterConfig={"Delay": 1})
    (output,) = stacks.describe_stacks(StackName="client-test")["Stacks"][0]["Outputs"]
    url_id = output["OutputValue"].removeprefix("https://").partition(".")[0]
    yield f"http://{url_id}.lambda-url.{REGION}.localhost:{deployed.cloud.port}"
    stacks.delete_stack(StackName="client-test")


@pytest.fixture
def _resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts below localhost are this machine, which not every resolver knows."""
    resolve = socket.getaddrinfo

    def here(host: Any, *args: Any, **kwargs: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", here)


@pytest.mark.parametrize("way", ["keyed", "signed"])
def test_a_workflow_is_started_awaited_listed_and_looked_up(
    request: pytest.FixtureRequest, way: str, session_id: str
) -> None:
    raw = {"owner": f"{OWNER}{session_id}", "profile": PROFILE}
    with WorkflowClient(request.getfixturevalue(way)) as client:
        started = client.start("ai-chef", raw, session_id=session_id)
        assert client.start("ai-chef", raw, session_id=session_id).execution_arn == started.execution_arn
        session = client.wait(session_id, seconds=PATIENCE)
        assert (session.status, session.result["withinBudget"]) == ("completed", True)
        page = client.list(owner=f"{OWNER}{session_id}", workflow="ai-chef", status="completed", limit=5)
        assert [record.session_id for record in page.records] == [session_id]
        batch = client.batch([session_id, "nobody"])
        assert ([record.session_id for record in batch.records], batch.missing) == ([session_id], ("nobody",))
        with pytest.raises(Conflict, match="SessionEnded"):
            client.cancel(session_id)
        with pytest.raises(Conflict, match="NotRetryable"):
            client.retry(session_id)
        with pytest.raises(Conflict, match="NothingWaits"):
            client.signal(session_id, "approve")
        with pytest.raises(Conflict, match="SessionConflict"):
            client.start("ai-chef", {"profile": {**PROFILE, "budget": 1}}, session_id=session_id)
        with pytest.raises(InvalidInput, match=r"profile\.budget"):
            client.start("ai-chef", {"profile": {**PROFILE, "budget": -1}})
        with pytest.raises(Unknown):
            client.get("nobody")


@pytest.mark.parametrize("way", ["keyed", "signed"])
def test_a_workflow_may_be_awaited(request: pytest.FixtureRequest, way: str, session_id: str) -> None:
    settings = request.getfixturevalue(way)

    async def main() -> str:
        async with AsyncWorkflowClient(settings) as client:
            await client.start("ai-chef", {"profile": PROFILE}, session_id=session_id)
            return (await client.wait(session_id, seconds=PATIENCE)).status

    assert asyncio.run(main()) == "completed"


def test_an_order_is_approved_by_a_signal_and_another_is_cancelled(
    deployed: Deployed, keyed: WorkflowSettings, session_id: str
) -> None:
    deployed.stock(f"product-{session_id}", 10)
    items = [{"productId": f"product-{session_id}", "price": 2000, "quantity": 5}]
    with WorkflowClient(keyed) as client:
        for name in (session_id, f"{session_id}-2"):
            client.start("order", {"customerId": "cust-1", "items": items}, session_id=name)
            deployed.waiting(name)
        waits = client.get(session_id).waiting_for
        assert waits is not None
        assert waits.kind == "approval"
        assert client.signal(session_id, "approve", by="ann").callback_id == waits.callback_id
        assert client.wait(session_id, seconds=PATIENCE).status == "completed"
        client.cancel(f"{session_id}-2")
        assert client.wait(f"{session_id}-2", seconds=PATIENCE).status == "cancelled"
        assert client.cancel(f"{session_id}-2").status == "cancelled"


def test_a_search_has_a_payload_when_it_is_completed(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, session_id: str
) -> None:
    monkeypatch.setenv("MATCHING_WORKFLOW_URL", deployed.api.url)
    monkeypatch.setenv("MATCHING_WORKFLOW_API_KEY", deployed.api.key)
    seeker = {"userId": "u-1", "level": 2, "languages": ["en"], "disciplines": ["freeride"]}
    criteria = {"resort": "nowhere", "startDate": "2027-01-10", "endDate": "2027-01-17", "kind": "buddy"}
    with WorkflowClient(MatchingSettings()) as client:
        started = start_matching_workflow(search_id=session_id, seeker=seeker, criteria=criteria, client=client)
        client.wait(started.session_id, seconds=PATIENCE)
        search = get_search_status(session_id, client=client)
    assert (search.status, search.search_id) == ("completed", session_id)
    assert search.payload is not None
    assert search.payload["matches"] == []


def test_a_wrong_key_is_refused(deployed: Deployed, session_id: str) -> None:
    settings = WorkflowSettings(url=deployed.api.url, api_key="guess")
    with WorkflowClient(settings) as client, pytest.raises(NotAllowed, match="Check that api_key") as caught:
        client.get(session_id)
    assert "guess" not in str(caught.value)


def test_a_wrong_secret_is_refused(
    deployed: Deployed, signed: WorkflowSettings, monkeypatch: pytest.MonkeyPatch, session_id: str
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guess")
    with WorkflowClient(signed) as client, pytest.raises(NotAllowed, match="execute-api:Invoke"):
        client.start("ai-chef", {"profile": PROFILE}, session_id=session_id)
    assert deployed.record(session_id) is None


@pytest.mark.parametrize("action", [None, "lambda:InvokeFunctionUrl"])
def test_a_missing_permission_is_refused(deployed: Deployed, sign: Sign, action: str | None, session_id: str) -> None:
    secret = sign(action)
    settings = WorkflowSettings(url=deployed.api.iam_url, auth_mode="iam_sigv4", region=REGION)
    with WorkflowClient(settings) as client, pytest.raises(NotAllowed) as caught:
        client.start("ai-chef", {"profile": PROFILE}, session_id=session_id)
    assert secret not in str(caught.value)
    assert deployed.record(session_id) is None


@pytest.mark.usefixtures("_resolved")
def test_a_function_url_takes_who_may_invoke_it_and_nobody_else(
    function_url: str, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = WorkflowSettings(url=function_url, auth_mode="iam_sigv4", region=REGION)
    sign("lambda:InvokeFunctionUrl")
    with WorkflowClient(settings) as client:
        started = client.start("matching", {"note": "Grüße"}, session_id="s-1")
    assert (started.session_id, started.execution_arn) == ("s-1", "/workflows/matching/start")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guess")
    with WorkflowClient(settings) as client, pytest.raises(NotAllowed):
        client.start("matching", {}, session_id="s-1")
    sign("execute-api:Invoke")
    with WorkflowClient(settings) as client, pytest.raises(NotAllowed, match="lambda:InvokeFunctionUrl"):
        client.start("matching", {}, session_id="s-1")
