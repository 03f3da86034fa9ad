"""Tells everybody who wants to know how a session goes: the bus, the stage's topic, and those who watch it.

Invoked with the stream of table `sessions`, which has the versions of a session's record in their order. Each is told
to all before the next one is told to any, and noted as told at the end: a batch that comes again, after a death or an
error, and a stream that is read again from its beginning, repeat at most the one that was not noted.
"""

from typing import Any, cast

from core import aws, rows
from core.aws import named_errors
from core.batches import each_change_in_order
from core.clock import ago
from core.events import EventSettings, publish
from core.observability import logger
from core.record import Record, described
from core.rows import Json
from core.settings import load
from progress import sockets
from progress.view import Progress, message_of, place_of, progress_of
from progress.watchers import Subscription, Watchers

EVENT = "session.progress"
PATIENCE_SECONDS = 60
"""For so long a push that fails is tried again; then the client is cut off, and the others go on."""


class PushSettings(sockets.SocketSettings, EventSettings):
    """progress_topic: the ARN of an SNS topic, or nothing."""

    progress_topic: str = ""


def handler(event: Json, _context: object) -> Any:
    """Answers which changes of the batch are to come again."""
    return each_change_in_order(event, _tell)


def _tell(change: Json) -> None:
    record = cast(Record, rows.from_item(change["dynamodb"]["NewImage"]))
    settings = load(PushSettings)
    watchers = Watchers(settings.connections_table)
    try:
        progress, place = progress_of(record), place_of(record)
    except (KeyError, ValueError):  # written by hand; it must not hold up what comes after it
        logger.warning("not a session's record", extra={"session_id": record["sessionId"]})
        return
    told, subscriptions = watchers.of(record["sessionId"])
    if told >= place:
        return
    with logger.append_context_keys(session_id=record["sessionId"]):
        publish(EVENT, progress)
        if settings.progress_topic:
            _publish_to(settings.progress_topic, progress)
        for subscription in subscriptions:
            if watchers.is_due(subscription, place):
                _push(watchers, subscription, progress)
    watchers.told(record["sessionId"], place)


def _publish_to(topic: str, progress: Progress) -> None:
    """Publishes to SNS: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
    first_in_first_out: Any = {
        "MessageGroupId": progress.session_id,
        "MessageDeduplicationId": f"{progress.session_id}-{progress.version}",
    }
    attributes = {"sessionId": progress.session_id, "workflow": progress.workflow, "status": progress.status}
    aws.sns().publish(
        TopicArn=topic,
        Message=progress.model_dump_json(by_alias=True),
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
        **(first_in_first_out if topic.endswith(".fifo") else {}),
    )


def _push(watchers: Watchers, subscription: Subscription, progress: Progress) -> None:
    session_id, connection_id = subscription["subject"], subscription["watcher"]
    try:
        with named_errors():
            sockets.send(connection_id, message_of(progress))
    except sockets.Gone:
        watchers.drop(session_id, connection_id)
    except Exception as error:
        if progress.updated_at > ago(PATIENCE_SECONDS):
            raise
        logger.warning("watcher cut off", extra={"error": described(error)})
        watchers.drop(session_id, connection_id)
        sockets.close(connection_id)
