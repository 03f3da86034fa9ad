"""Tells everybody who wants to know how a session goes: the bus, the stage's topic, and those who watch it.

Invoked with the stream of table `sessions`, which has the versions of a session's record in their order. Each is told
to all before the next one is told to any, and noted as told at the end: a batch that comes again, after a death or an
error, and a stream that is read again from its beginning, repeat at most the one that was not noted.

A client is pushed to or cut off, there and then: a batch fails for what concerns everybody, and never for a client.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, cast

from core import aws, rows
from core.batches import each_change_in_order
from core.events import EventSettings, publish
from core.observability import logger
from core.record import Record
from core.rows import Json
from core.settings import load
from progress import sockets
from progress.view import Progress, message_of, place_of, progress_of
from progress.watchers import Subscription, Watchers

EVENT = "session.progress"
AT_ONCE = 10
"""So many watchers of a session are pushed to side by side: as many as botocore keeps connections for."""


class PushSettings(sockets.SocketSettings, EventSettings):
    """progress_topic: the ARN of an SNS topic, or nothing."""

    progress_topic: str = ""


def handler(event: Json, _context: object) -> Any:
    """Answers which changes of the batch are to come again."""
    return each_change_in_order(event, _tell)


def _tell(change: Json) -> None:
    settings = load(PushSettings)
    watchers = Watchers(settings.connections_table)
    try:
        record = cast(Record, rows.from_item(change["dynamodb"]["NewImage"]))
        progress, place = progress_of(record), place_of(record)
    except (KeyError, TypeError, ValueError):  # written by hand; it must not hold up what comes after it
        logger.warning("not a session's record", extra={"keys": change["dynamodb"]["Keys"]})
        return
    told, subscriptions = watchers.of(progress.session_id)
    if told >= place:
        return
    with logger.append_context_keys(session_id=progress.session_id):
        due = [subscription for subscription in subscriptions if watchers.is_due(subscription, place)]
        if due:
            sockets.connections()  # fails, if it does, before anybody is told: it would again, each time
        publish(EVENT, progress)
        if settings.progress_topic:
            _publish_to(settings.progress_topic, progress, place)
        with ThreadPoolExecutor(AT_ONCE) as side_by_side:
            list(side_by_side.map(partial(_push, watchers, message_of(progress)), due))
    watchers.told(progress.session_id, place)


def _publish_to(topic: str, progress: Progress, place: str) -> None:
    """Publishes to SNS: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
    first_in_first_out: Any = {
        "MessageGroupId": progress.session_id,
        "MessageDeduplicationId": f"{progress.session_id}-{place}",
    }
    attributes = {"sessionId": progress.session_id, "workflow": progress.workflow, "status": progress.status}
    aws.sns(topic.split(":")[3]).publish(
        TopicArn=topic,
        Message=progress.model_dump_json(by_alias=True),
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
        **(first_in_first_out if topic.endswith(".fifo") else {}),
    )


def _push(watchers: Watchers, message: Json, subscription: Subscription) -> None:
    try:
        sockets.send(subscription["watcher"], message)
    except sockets.NotReached as reason:
        told = {"session_id": subscription["subject"], "connection": subscription["watcher"], "reason": str(reason)}
        logger.info("watcher cut off", extra=told)
        _cut_off(watchers, subscription)


def _cut_off(watchers: Watchers, subscription: Subscription) -> None:
    """Ends a client: it is sent nothing more, and is to connect again. Where its connection cannot be closed, it learns
    so by its next message.
    """
    session_id, connection_id = subscription["subject"], subscription["watcher"]
    watchers.forget(connection_id)
    watchers.drop(session_id, connection_id)  # its earlier end may have been cut short
    sockets.close(connection_id)
