"""Requests of the public API and of the WebSocket API, as API Gateway hands them to a Lambda.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import boto3
from standardwebhooks.webhooks import Webhook

from local.bench.envelopes import arn
from local.cloud import Cloud

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def get(route: str, *, query: Mapping[str, str] | None = None, **path: str) -> Any:
    """A GET; `path` fills the braces of the route."""
    return _event("GET", route, path, {}, query)


def post(route: str, body: Any = None, **path: str) -> Any:
    """A POST, of JSON where it has a body."""
    return _event("POST", route, path, JSON, None, None if body is None else json.dumps(body))


def opened(link: str, **form: str) -> Any:
    """An approver's link as it is opened; with a form, as that is sent."""
    url = urlsplit(link)
    path, query = {"callbackId": url.path.rpartition("/")[2]}, dict(parse_qsl(url.query))
    body = urlencode(form) if form else None
    return _event("POST" if form else "GET", "/approvals/{callbackId}", path, FORM if form else {}, query, body)


def webhook(cloud: Cloud, session_id: str) -> Any:
    """A signed answer to a question that this session, which has not ended, is now made to ask."""
    callback_id = _ask(cloud, session_id)
    secret = boto3.client("secretsmanager", **cloud.connection()).get_secret_value(SecretId="webhooks-local")
    message_id, moment, body = f"msg_{uuid.uuid4().hex}", datetime.now(UTC), json.dumps({"done": True})
    headers = {
        **JSON,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret["SecretString"]).sign(message_id, moment, body),
    }
    return _event("POST", "/callbacks/{callbackId}", {"callbackId": callback_id}, headers, None, body)


def connected(url: str, route: str = "$connect", body: str | None = None) -> Any:
    """What a client of the WebSocket API does, of which nobody holds the other end; it connects to this URL.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
    """
    kinds = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}
    return {
        "type": "REQUEST",
        "methodArn": arn("execute-api", f"bench/local/{route}"),
        "headers": {},
        "queryStringParameters": dict(parse_qsl(urlsplit(url).query)),
        "requestContext": {
            "routeKey": route,
            "eventType": kinds.get(route, "MESSAGE"),
            "connectionId": "bench",
            "requestId": str(uuid.uuid4()),
            "stage": "local",
        },
        "body": body,
        "isBase64Encoded": False,
    }


def _event(
    method: str,
    route: str,
    path: Mapping[str, str],
    headers: Mapping[str, str],
    query: Mapping[str, str] | None = None,
    body: str | None = None,
) -> Any:
    return {
        "resource": route,
        "path": route.format_map(path),
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query and {name: [value] for name, value in query.items()},
        "pathParameters": path or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": route,
            "httpMethod": method,
            "stage": "local",
            "requestId": str(uuid.uuid4()),
            "identity": {"apiKeyId": "bench", "sourceIp": "127.0.0.1", "userArn": None},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def _ask(cloud: Cloud, session_id: str) -> str:
    """A new open row of table `callbacks`, of kind webhook; its id."""
    callback_id = uuid.uuid4().hex
    texts = {
        "callbackId": callback_id,
        "token": "none",
        "sessionId": session_id,
        "workflow": "bench",
        "stepKey": "Wait",
        "round": "bench",
        "executionArn": "none",
        "kind": "webhook",
        "status": "open",
        "expiresAt": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 3600)),
    }
    row: dict[str, Any] = {name: {"S": text} for name, text in texts.items()}
    row |= {"question": {"M": {}}, "accepts": {"L": [{"S": "done"}]}}
    boto3.client("dynamodb", **cloud.connection()).put_item(TableName="callbacks-local", Item=row)
    return callback_id
