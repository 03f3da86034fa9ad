"""Clients of the WebSocket API, and what invokes its Lambdas."""

import json
import threading
import uuid
from typing import Any, cast

from botocore.exceptions import ClientError

from core import aws
from core.clock import now
from core.record import Record, Table, new_record
from core.rows import to_item
from core.watch_tickets import ticket_for
from progress import admit_watcher, answer_watcher, forget_watcher, push_progress
from progress.watchers import Watchers
from tests.support import interleaving

SECRET = "p" * 64
URL = "wss://sockets.example/test"


class Clients:
    """Stands for API Gateway's connections: what each client was sent, in order.

    `gone`: who has left. `failing`: what comes of a message to a client. `closed`: whom the service tried to close, in
    vain.
    """

    def __init__(self) -> None:
        self.sent: dict[str, list[Any]] = {}
        self.gone: set[str] = set()
        self.closed: list[str] = []
        self.failing: dict[str, Exception] = {}

    def post_to_connection(self, *, ConnectionId: str, Data: bytes) -> None:  # noqa: N803  # AWS's names
        delivery = interleaving._current.get(threading.current_thread())
        if delivery is None:
            return self._post(ConnectionId, Data)
        delivery.at_call("post_to_connection", lambda: self._post(ConnectionId, Data))
        return None

    def delete_connection(self, *, ConnectionId: str) -> None:  # noqa: N803
        self.closed.append(ConnectionId)
        raise refusal("LimitExceededException", 429)

    def _post(self, connection_id: str, data: bytes) -> None:
        if connection_id in self.gone:
            raise refusal("GoneException", 410)
        if connection_id in self.failing:
            raise self.failing[connection_id]
        self.sent.setdefault(connection_id, []).append(json.loads(data))

    def versions(self, connection_id: str) -> list[int]:
        """The versions that a client was pushed."""
        return [message["version"] for message in self.sent.get(connection_id, []) if message["type"] == "progress"]

    def last(self, connection_id: str) -> Any:
        return self.sent[connection_id][-1]


def refusal(code: str, status: int) -> ClientError:
    response = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(cast(Any, response), "PostToConnection")


def connect(*session_ids: str) -> str:
    """A client that connects with a ticket for these sessions; its connection's id."""
    connection_id = uuid.uuid4().hex[:16]
    event = connecting(ticket_for(session_ids, SECRET), connection_id)
    assert admit_watcher.handler(event, None) == {"statusCode": 200}
    return connection_id


def disconnect(connection_id: str) -> None:
    """API Gateway tells that a client has gone."""
    assert forget_watcher.handler({"requestContext": {"connectionId": connection_id}}, None) == {"statusCode": 200}


def connecting(ticket: str | None, connection_id: str = "c-1") -> dict[str, Any]:
    """The event of a client that connects."""
    return {
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:api/test/$connect",
        "queryStringParameters": None if ticket is None else {"ticket": ticket},
        "requestContext": {"connectionId": connection_id},
    }


def say(connection_id: str, message: Any) -> None:
    """A client sends a message; what is not text, as JSON."""
    body = message if isinstance(message, str) else json.dumps(message)
    event = {"requestContext": {"connectionId": connection_id}, "body": body}
    assert answer_watcher.handler(event, None) == {"statusCode": 200}


def subscribe(connection_id: str, session_id: str) -> None:
    say(connection_id, {"action": "subscribe", "sessionId": session_id})


def watching(session_id: str) -> str:
    """A client that has subscribed to a session."""
    connection_id = connect(session_id)
    subscribe(connection_id, session_id)
    return connection_id


def watchers_of(session_id: str) -> list[str]:
    """Who has subscribed to a session."""
    return [row["watcher"] for row in Watchers("connections-test").of(session_id)[1]]


def new_session() -> Record:
    """A session's record, in the table."""
    session_id = f"s-{uuid.uuid4().hex}"
    arn = f"arn:aws:states:us-east-1:123456789012:execution:toy:{session_id}"
    record = new_record(session_id, "toy", arn, "hash", "starting", "ann")
    assert Table("sessions-test").create(record) is None
    return record


def changed(record: Record, **fields: Any) -> Record:
    """The record's next version, in the table."""
    after = cast(Record, {**record, **fields, "version": record["version"] + 1, "updatedAt": now()})
    aws.dynamodb().put_item(TableName="sessions-test", Item=to_item(cast(dict[str, Any], after)))
    return after


def change(record: Record) -> dict[str, Any]:
    """The stream's record of this version."""
    number = f"{record['sessionId']}-{record['version']}"
    item = to_item(cast(dict[str, Any], record))
    image = {"Keys": {"sessionId": item["sessionId"]}, "NewImage": item, "SequenceNumber": number}
    return {"eventID": number, "eventSource": "aws:dynamodb", "dynamodb": image}


def push(*records: Record) -> list[str]:
    """Invokes the consumer with these versions; those that are to come again."""
    answer = push_progress.handler({"Records": [change(record) for record in records]}, None)
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]
