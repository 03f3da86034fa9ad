"""Messages to whoever is connected to the WebSocket API, and who is not any more.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import contextlib
import json
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from pydantic import Field

from core.parameters import parameter
from core.rows import Json
from core.settings import load
from progress.watchers import WatcherSettings

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

# A push waits for no client, so it is quick or fails. The second attempt is for connections to API Gateway that ended
# while the Lambda was frozen. tests/infra adds up what these come to, where all watchers of a session hang.
CONFIG = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})


class SocketSettings(WatcherSettings):
    """progress_url_parameter: the name of the parameter that tells where clients connect to, wss://…"""

    progress_url_parameter: str = Field(min_length=1)


class NotReached(Exception):
    """A message did not reach its client, which has gone, or takes nothing."""


def send(connection_id: str, message: Json) -> None:
    """Sends a message to a client. Raises NotReached, and AWS's own errors where no client can be sent anything: API
    Gateway cannot be connected to, or a grant is missing.
    """
    data = json.dumps(message, ensure_ascii=False).encode()
    try:
        connections().post_to_connection(ConnectionId=connection_id, Data=data)
    except HTTPClientError as error:  # no answer, or half of one
        raise NotReached(type(error).__name__) from error
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            raise
        raise NotReached(error.response["Error"]["Code"]) from error


def close(connection_id: str) -> None:
    """Ends a connection, if it can: so the client learns that it is to connect again."""
    with contextlib.suppress(BotoCoreError, ClientError):
        connections().delete_connection(ConnectionId=connection_id)


@cache
def connections() -> "ApiGatewayManagementApiClient":
    """The client for who is connected; where they connect to by WebSocket, it calls by HTTP."""
    url = "http" + parameter(load(SocketSettings).progress_url_parameter).removeprefix("ws")
    return boto3.client("apigatewaymanagementapi", endpoint_url=url, config=CONFIG)
