"""Dead letters that are sent again: SQS's message move tasks."""

import json
import time
from typing import Any

from ministack.core import iam_actions
from ministack.core.concurrency import esm_wake
from ministack.core.responses import new_uuid
from ministack.services import sqs

Queue = dict[str, Any]
Message = dict[str, Any]


def move_messages() -> None:
    """Answer StartMessageMoveTask and ListMessageMoveTasks, which MiniStack does not know.

    AWS: every message of a dead-letter queue goes to DestinationArn or, without one, back to the queue that it came
    from, as a new message (StartMessageMoveTask, API reference). Its wording, and that a message which no queue gave up
    on has no way back: SQS guide, "Troubleshooting dead-letter queue redrive". Here a task is over before it is
    answered, so none is ever running or can be cancelled, and MaxNumberOfMessagesPerSecond changes nothing.
    """
    sqs._HANDLERS["StartMessageMoveTask"] = _start
    sqs._HANDLERS["ListMessageMoveTasks"] = _list


def authorize_by_source() -> None:
    """Authorise both against the queue that SourceArn names, which MiniStack looks for in QueueUrl only.

    AWS: their resource is the queue (Service Authorization Reference, SQS). What else AWS wants granted, receiving and
    deleting there and sending to the destination, is not looked at.
    """
    resource_of = iam_actions.extract_resource_arn

    def resource_of_move(service: str, method: str, path: str, headers: object, body: bytes, *rest: object) -> object:
        source = iam_actions._safe_json_field(body, "SourceArn") if service == "sqs" else None
        return source or resource_of(service, method, path, headers, body, *rest)

    iam_actions.extract_resource_arn = resource_of_move


def _start(request: dict[str, Any], _url: str) -> dict[str, Any]:
    source = _existing(request, "SourceArn")
    sqs._enforce_queue_policy(source, "sqs:StartMessageMoveTask")
    if not _is_dead_letter_queue(source):
        raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    destination = _existing(request, "DestinationArn") if request.get("DestinationArn") else None
    task = {"SourceArn": request["SourceArn"], "StartedTimestamp": int(time.time() * 1000)}
    with sqs._queues_lock:
        task |= _move(source, destination)
    if destination:
        task["DestinationArn"] = request["DestinationArn"]
    source.setdefault("move_tasks", []).insert(0, task)
    return {"TaskHandle": new_uuid()}


def _list(request: dict[str, Any], _url: str) -> dict[str, Any]:
    source = _existing(request, "SourceArn")
    sqs._enforce_queue_policy(source, "sqs:ListMessageMoveTasks")
    return {"Results": source.get("move_tasks", [])[: int(request.get("MaxResults") or 1)]}


def _existing(request: dict[str, Any], parameter: str) -> Queue:
    queue: Queue | None = sqs._queue_by_arn(request.get(parameter) or "")
    if queue is None:
        reason = f"The resource that you specified for the {parameter} parameter doesn't exist."
        raise sqs._Err("ResourceNotFoundException", reason, 404)
    return queue


def _is_dead_letter_queue(queue: Queue) -> bool:
    policies = (json.loads(other["attributes"].get("RedrivePolicy", "{}")) for other in sqs._queues.values())
    return any(policy.get("deadLetterTargetArn") == queue["attributes"]["QueueArn"] for policy in policies)


def _move(source: Queue, destination: Queue | None) -> dict[str, Any]:
    """Move what is visible, up to the first message that has nowhere to go; how that went, as a task tells it."""
    visible = [message for message in source["messages"] if message["visible_at"] <= time.time()]
    moved = 0
    for message in visible:
        sqs._ensure_msg_fields(message)
        to = destination or sqs._queue_by_arn(message["sys"].get("DeadLetterQueueSourceArn", ""))
        if to is None:
            break
        to["messages"].append(_anew(message))
        source["messages"].remove(message)
        moved += 1
    esm_wake.set()
    counts = {"ApproximateNumberOfMessagesMoved": moved, "ApproximateNumberOfMessagesToMove": len(visible)}
    if moved < len(visible):
        return {"Status": "FAILED", "FailureReason": "CouldNotDetermineMessageSource", **counts}
    return {"Status": "COMPLETED", **counts}


def _anew(message: Message) -> Message:
    """The message as if it had just been sent: with an id of its own, never received."""
    now = time.time()
    origin = {name: value for name, value in message["sys"].items() if name != "DeadLetterQueueSourceArn"}
    return message | {
        "id": new_uuid(),
        "receipt_handle": None,
        "receive_count": 0,
        "first_receive_at": None,
        "sent_at": now,
        "enqueued_at": now,
        "visible_at": now,
        "sys": origin | {"SentTimestamp": str(int(now * 1000))},
    }
