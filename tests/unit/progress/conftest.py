"""Table `connections`, the secret and the parameter of the WebSocket API, and clients that are connected to it."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from core import aws
from progress import sockets
from tests.support.tables import forget_settings
from tests.unit.progress.clients import SECRET, URL, Clients

ENVIRONMENT = {
    "CONNECTIONS_TABLE": "connections-test",
    "PROGRESS_SECRET": "progress-test",
    "PROGRESS_URL_PARAMETER": "/durable-workflows/test/progress-url",
}


@pytest.fixture(scope="module")
def connections(shared_tables: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The Lambdas' environment, with what infra/progress.py makes, once for a module."""
    for name, value in ENVIRONMENT.items():
        shared_tables.setenv(name, value)
    forget_settings()
    aws.secretsmanager().create_secret(Name="progress-test", SecretString=SECRET)
    aws.ssm().put_parameter(Name="/durable-workflows/test/progress-url", Value=URL, Type="String")
    aws.dynamodb().create_table(
        TableName="connections-test",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "subject", "AttributeType": "S"},
            {"AttributeName": "watcher", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "subject", "KeyType": "HASH"},
            {"AttributeName": "watcher", "KeyType": "RANGE"},
        ],
    )
    return shared_tables


@pytest.fixture
def clients(connections: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Whoever is connected in a test."""
    connected = Clients()
    with patch.object(sockets, "connections", lambda: connected):
        yield connected
