"""Approvals and webhooks on the local cloud: what forges, repeats, races or looks at them decides nothing twice."""

import base64
import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from core.callback_rows import callback_id_of
from tests.e2e.conftest import Deployed

pytestmark = pytest.mark.xdist_group("e2e")


@pytest.fixture
def asked(deployed: Deployed, session_id: str) -> str:
    """The execution of an order that waits for its approver."""
    deployed.stock("prod-approvals", 1000)
    items = [{"productId": "prod-approvals", "price": 2000, "quantity": 1}]
    execution = deployed.start("order", {"sessionId": session_id, "customerId": "cust-1", "items": items})
    deployed.waiting(session_id)
    return execution


def still_open(deployed: Deployed, session_id: str) -> bool:
    row = deployed.row("callbacks", callbackId=callback_id_of(session_id, "RequestApproval"))
    return bool(row["status"] == "open" and deployed.record(session_id)["status"] == "waiting")


def test_looking_at_the_page_changes_nothing(deployed: Deployed, session_id: str, asked: str) -> None:
    link = deployed.link(session_id)
    answers = [deployed.request(method, link) for method in ("GET", "HEAD", "OPTIONS", "GET")]
    assert answers[0].status == 200
    assert "<script" not in answers[0].data.decode()
    assert answers[0].headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answers[0].headers["content-security-policy"]
    assert still_open(deployed, session_id)


def altered(link: str) -> list[str]:
    base, ticket = link.split("ticket=")
    middle = len(ticket) // 2
    other = "A" if ticket[middle] != "A" else "B"
    return [
        base + "ticket=" + ticket[:middle] + other + ticket[middle + 1 :],
        base + "ticket=" + ticket[:-3],
        base + "ticket=",
        base.rstrip("?"),
        link.replace("/approvals/", "/approvals/0"),
    ]


def test_a_forged_or_altered_link_is_refused(deployed: Deployed, session_id: str, asked: str) -> None:
    link = deployed.link(session_id)
    for forged in altered(link):
        assert deployed.request("GET", forged).status == 403, forged
        assert deployed.decide(forged, "approve").status == 403, forged
    assert still_open(deployed, session_id)


def test_an_action_that_was_not_offered_is_refused(deployed: Deployed, session_id: str, asked: str) -> None:
    assert deployed.decide(deployed.link(session_id), "pay-double").status == 400
    assert deployed.request("POST", deployed.link(session_id)).status in (400, 415)
    assert still_open(deployed, session_id)


def test_twenty_decisions_at_once_are_one_decision(deployed: Deployed, session_id: str, asked: str) -> None:
    link = deployed.link(session_id)
    actions = ["approve", "reject"] * 10
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda action: (action, deployed.decide(link, action).status), actions))
    deployed.ended(asked)
    row = deployed.row("callbacks", callbackId=callback_id_of(session_id, "RequestApproval"))
    decided = row["decision"]["action"]
    assert {status for action, status in answers if action == decided} == {200}
    assert {status for action, status in answers if action != decided} == {409}
    outcome = {"approve": "confirmed", "reject": "rejected"}[decided]
    assert deployed.record(session_id)["outcome"] == outcome


def test_a_replayed_decision_is_told_what_stands(deployed: Deployed, session_id: str, asked: str) -> None:
    link = deployed.link(session_id)
    assert deployed.decide(link, "approve", "for the record").status == 200
    deployed.ended(asked)
    again, other = deployed.decide(link, "approve"), deployed.decide(link, "reject")
    page = deployed.request("GET", link)
    assert (again.status, other.status, page.status) == (200, 409, 200)
    for answer in (again, other, page):
        assert "shop-approvers" in answer.data.decode()
        assert "for the record" in answer.data.decode()
    assert len(deployed.charges(session_id)) == 1


def test_nothing_in_the_logs_could_be_used_to_decide(deployed: Deployed, session_id: str, asked: str) -> None:
    link = deployed.link(session_id)
    ticket = link.partition("ticket=")[2]
    token = deployed.row("callbacks", callbackId=callback_id_of(session_id, "RequestApproval"))["token"]
    deployed.request("GET", link)
    deployed.request("GET", altered(link)[0])
    deployed.decide(link, "approve", "a secret word")
    deployed.ended(asked)
    logs = boto3.client("logs", **deployed.cloud.connection())
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
    ]
    said = "".join(
        event["message"] for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]
    )
    assert session_id in said
    for secret in (ticket, token, "a secret word"):
        assert secret not in said
        assert secret not in Path(deployed.cloud.log).read_text()


def signed(secret: str, webhook_id: str, body: str, at: float | None = None) -> dict[str, str]:
    """Headers as the Standard Webhooks' specification says, made without the library that verifies them."""
    moment = str(int(time.time() if at is None else at))
    mac = hmac.new(base64.b64decode(secret), f"{webhook_id}.{moment}.{body}".encode(), hashlib.sha256).digest()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
        "content-type": "application/json",
    }


@pytest.fixture
def webhook(deployed: Deployed, session_id: str, asked: str) -> tuple[str, str]:
    """The URL of a webhook that an order waits for in the place of its approver, and its secret."""
    secrets = boto3.client("secretsmanager", **deployed.cloud.connection())
    secret = secrets.get_secret_value(SecretId="webhooks-local")["SecretString"]
    callback_id = callback_id_of(session_id, "RequestApproval")
    deployed.dynamodb.update_item(
        TableName="callbacks-local",
        Key={"callbackId": {"S": callback_id}},
        UpdateExpression="SET kind = :webhook",
        ExpressionAttributeValues={":webhook": {"S": "webhook"}},
    )
    return f"{deployed.api.url}/callbacks/{callback_id}", secret


def test_a_signed_webhook_answers_once(
    deployed: Deployed, session_id: str, asked: str, webhook: tuple[str, str]
) -> None:
    url, secret = webhook
    body = json.dumps({"verdict": "fine"})
    headers = signed(secret, "msg_1", body)
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: deployed.request("POST", url, body, **headers).status, range(20)))
    assert set(statuses) == {200}
    deployed.ended(asked)
    other = deployed.request("POST", url, body, **signed(secret, "msg_2", body))
    assert other.status == 409
    row = deployed.row("callbacks", callbackId=callback_id_of(session_id, "RequestApproval"))
    assert (row["decision"]["webhookId"], json.loads(row["decision"]["payload"])) == ("msg_1", {"verdict": "fine"})
    assert (row["status"], deployed.record(session_id)["outcome"]) == ("delivered", "confirmed")


def test_a_forged_altered_or_old_webhook_is_refused(
    deployed: Deployed, session_id: str, webhook: tuple[str, str]
) -> None:
    url, secret = webhook
    body = json.dumps({"verdict": "fine"})
    good = signed(secret, "msg_1", body)
    wrong = [
        {},
        {**good, "webhook-signature": "v1,!!!"},
        {**good, "webhook-signature": "v1"},
        {**good, "webhook-timestamp": "soon"},
        {**good, "webhook-id": "msg_2"},
        signed(base64.b64encode(b"x" * 24).decode(), "msg_1", body),
        signed(secret, "msg_1", body, at=time.time() - 3600),
        signed(secret, "msg_1", body + " "),
    ]
    for headers in wrong:
        assert deployed.request("POST", url, body, **headers).status == 401, headers
    assert still_open(deployed, session_id)
