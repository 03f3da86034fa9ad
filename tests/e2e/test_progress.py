"""Progress on the local cloud: pushed to who watches, put on the bus, and shown to nobody else."""

import json
import socket
import struct
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from core.watch_tickets import ticket_for
from tests.e2e.conftest import ENDED, Deployed
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

CHEF = {"profile": {"target": "keto", "budget": 30_000}}
LAMBDAS = ("authorize-watcher", "admit-watcher", "answer-watcher", "forget-watcher", "push-progress")
Watch = Callable[..., ClientConnection]


@pytest.fixture
def product(deployed: Deployed) -> str:
    deployed.stock("prod-progress", 1000)
    return "prod-progress"


@pytest.fixture
def watch(deployed: Deployed) -> Iterator[Watch]:
    """Connects a client with a ticket for some sessions, and subscribes to them."""
    with ExitStack() as opened:

        def open_one(*session_ids: str) -> ClientConnection:
            client = opened.enter_context(connect(url_for(deployed, *session_ids), proxy=None))
            for session_id in session_ids:
                client.send(json.dumps({"action": "subscribe", "sessionId": session_id}))
                while told(client)["type"] != "subscribed":
                    pass
            return client

        yield open_one


def url_for(deployed: Deployed, *session_ids: str) -> str:
    status, answer = deployed.call("POST", "/progress", {"sessionIds": session_ids})
    assert status == 200, answer
    return str(answer["url"])


def told(client: ClientConnection) -> Any:
    return json.loads(client.recv(timeout=30))


def until_ended(client: ClientConnection, *session_ids: str) -> dict[str, list[Any]]:
    """What a client is pushed of each session, until these have ended."""
    seen: dict[str, list[Any]] = {}
    while not all(session_id in seen and seen[session_id][-1]["status"] in ENDED for session_id in session_ids):
        message = told(client)
        seen.setdefault(message["sessionId"], []).append(message)
    return seen


def vanish(client: ClientConnection) -> None:
    """The client's machine is gone: no closing frame, its connection is reset."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


def order(session_id: str, product: str) -> dict[str, Any]:
    items = [{"productId": product, "price": 2000, "quantity": 1}]
    return {"sessionId": session_id, "customerId": "cust-1", "items": items}


def watchers(deployed: Deployed, session_id: str) -> list[str]:
    """The connections that have subscribed to a session."""
    found = deployed.dynamodb.query(
        TableName="connections-local",
        KeyConditionExpression="subject = :session",
        ExpressionAttributeValues={":session": {"S": session_id}},
    )
    return [row["watcher"]["S"] for row in found["Items"] if row["watcher"]["S"] != "-"]


def logged(deployed: Deployed) -> str:
    """All that the Lambdas of progress have logged."""
    logs = boto3.client("logs", **deployed.cloud.connection())
    groups = [f"/aws/lambda/{name}-local" for name in LAMBDAS]
    return "".join(str(logs.filter_log_events(logGroupName=group)["events"]) for group in groups)


def test_two_clients_see_each_version_of_two_sessions_in_order_though_one_of_them_vanishes(
    deployed: Deployed, watch: Watch, product: str
) -> None:
    dinner, purchase = f"s-{uuid.uuid4().hex}", f"s-{uuid.uuid4().hex}"
    staying, vanishing = watch(dinner, purchase), watch(dinner, purchase)
    deployed.start("order", order(purchase, product))
    deployed.start("ai-chef", {"sessionId": dinner, **CHEF})
    seen = until_ended(vanishing, dinner)
    assert [push["version"] for push in seen[dinner]] == list(range(1, len(seen[dinner]) + 1))
    deployed.waiting(purchase)
    vanish(vanishing)
    assert deployed.decide(deployed.link(purchase), "approve").status == 200
    seen = until_ended(staying, dinner, purchase)
    for session_id in (dinner, purchase):
        record, pushes = deployed.record(session_id), seen[session_id]
        assert [push["version"] for push in pushes] == list(range(1, record["version"] + 1))
        assert [push["progress"] for push in pushes] == sorted(push["progress"] for push in pushes)
        assert (pushes[-1]["status"], pushes[-1]["outcome"]) == ("completed", record["outcome"])
    waits = [push["waitingFor"]["step"] for push in seen[purchase] if push["status"] == "waiting"]
    assert set(waits) == {"RequestApproval"}
    assert '"level":"ERROR"' not in logged(deployed)
    assert '"level": "ERROR"' not in logged(deployed)


def test_who_comes_while_a_session_waits_sees_how_it_stands_and_leaves_nothing_behind(
    deployed: Deployed, watch: Watch, product: str, session_id: str
) -> None:
    deployed.start("order", order(session_id, product))
    waiting = deployed.waiting(session_id)
    with connect(url_for(deployed, session_id), proxy=None) as client:
        client.send(json.dumps({"action": "subscribe", "sessionId": session_id}))
        seen = told(client)
        assert (seen["version"], seen["status"], seen["phase"]) == (waiting["version"], "waiting", waiting["phase"])
        assert told(client) == {"type": "subscribed", "sessionId": session_id, "exists": True}
        client.send(json.dumps({"action": "ping"}))
        assert told(client) == {"type": "pong"}
        assert len(watchers(deployed, session_id)) == 1
    eventually(lambda: watchers(deployed, session_id) == [])


def test_a_ticket_opens_what_it_names_and_nothing_else(deployed: Deployed, watch: Watch, session_id: str) -> None:
    client = watch(session_id)
    client.send(json.dumps({"action": "subscribe", "sessionId": "another"}))
    answer = told(client)
    assert (answer["type"], answer["code"], answer["sessionId"]) == ("error", "NotAllowed", "another")
    client.send("nonsense")
    assert told(client)["code"] == "InvalidMessage"


def test_without_a_ticket_of_this_stage_nobody_connects(deployed: Deployed, session_id: str) -> None:
    base, _, ticket = url_for(deployed, session_id).partition("?ticket=")
    forged = ticket_for([session_id], "a guess")
    for url in (base, f"{base}?ticket=", f"{base}?ticket={forged}", f"{base}?ticket={ticket[:-1]}"):
        with pytest.raises(InvalidStatus) as refused, connect(url, proxy=None):
            pass
        assert refused.value.response.status_code in (401, 403)
    assert forged not in logged(deployed)
    assert ticket not in logged(deployed)


def test_what_is_asked_for_is_named_where_it_is_wrong_and_only_callers_with_a_key_are_answered(
    deployed: Deployed,
) -> None:
    wrongs: list[Any] = [{}, {"sessionIds": []}, {"sessionIds": ["a b"]}, {"sessionIds": ["s"] * 101}]
    for wrong in wrongs:
        status, answer = deployed.call("POST", "/progress", wrong)
        assert (status, answer["error"]["code"]) == (400, "InvalidInput")
    status, _ = deployed.call("POST", "/progress", {"sessionIds": ["s"]}, **{"x-api-key": "wrong"})
    assert status == 403


def test_each_version_comes_out_at_the_bus(deployed: Deployed, session_id: str) -> None:
    sqs = boto3.client("sqs", **deployed.cloud.connection())
    bus = boto3.client("events", **deployed.cloud.connection())
    queue = f"progress-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    detail = {"sessionId": [session_id]}
    pattern = {"source": ["durable-workflows"], "detail-type": ["session.progress"], "detail": detail}
    bus.put_rule(Name=queue, EventBusName="platform-local", EventPattern=json.dumps(pattern))
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus.put_targets(Rule=queue, EventBusName="platform-local", Targets=[{"Id": "queue", "Arn": arn}])
    deployed.run("ai-chef", {"sessionId": session_id, **CHEF})
    found: dict[int, Any] = {}

    def all_came() -> bool:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            told_once = json.loads(message["Body"])["detail"]
            found[told_once["version"]] = told_once
        return bool(len(found) == deployed.record(session_id)["version"])

    eventually(all_came)
    last = found[max(found)]
    assert (last["workflow"], last["status"], last["progress"]) == ("ai-chef", "completed", 100)
    bus.remove_targets(Rule=queue, EventBusName="platform-local", Ids=["queue"])
    bus.delete_rule(Name=queue, EventBusName="platform-local")


def test_without_their_grants_the_lambdas_push_nothing_and_say_so(
    deployed: Deployed, watch: Watch, session_id: str
) -> None:
    client = watch(session_id)
    with deployed.without_grants("push-progress-local"):
        deployed.run("ai-chef", {"sessionId": session_id, **CHEF})
        eventually(lambda: "AccessDenied" in logged(deployed))
    seen = until_ended(client, session_id)[session_id]
    assert [push["version"] for push in seen] == list(range(1, len(seen) + 1))
