"""The session record, and how it is written. Who may write what: core/sessions.py, and docs/sessions.md.

Every write is one conditional update. A writer first guesses what the record holds and writes without reading; a
refused write hands over the record as it is (`ReturnValuesOnConditionCheckFailure`, which costs no read), and the
writer decides again on what it now knows, guarded by the record's version.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, cast

from botocore.exceptions import ClientError

from core import aws, rows
from core.clock import expiry, now
from core.errors import SessionBusy, StaleExecution, WorkflowError
from core.rows import Json

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateItemInputTypeDef

KEPT_DAYS = 90  # an ended session and its result, as long as Step Functions keeps an execution's history
_TRIES = 10
_MESSAGE_LENGTH = 1000


class Status(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    WAITING = "waiting"
    COMPLETED = "completed"
    EXPIRED = "expired"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepStatus(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


ENDED = frozenset({Status.COMPLETED, Status.EXPIRED, Status.FAILED, Status.CANCELLED})


class DeliveryStatus(StrEnum):
    """How the delivery of an ended session's result stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class StepError(TypedDict):
    type: str
    message: str


class SessionError(StepError):
    step: NotRequired[str]


class ItemCount(TypedDict):
    """Of the items of a Map, how many are done."""

    done: int
    of: int


class Entry(TypedDict):
    """What the record says of one step. `items` is there where the step deals with the items of a Map."""

    status: str
    attempt: int
    startedAt: str
    finishedAt: NotRequired[str]
    error: NotRequired[StepError]
    items: NotRequired[ItemCount]


class WaitingFor(TypedDict):
    """The question that a session waits on, which the row of this id in table `callbacks` holds."""

    callbackId: str
    kind: str
    step: str
    expiresAt: str


class Record(TypedDict):
    """The session record. `openWorkflow` is there exactly while the session has not ended: the sweep's sparse index.
    `carried` is what its present execution continues the session with; `queuedUntil`, until when the message that is
    to start its execution may be under way.
    """

    sessionId: str
    workflow: str
    owner: NotRequired[str]
    inputHash: str
    executionArn: str
    attempt: int
    status: str
    phase: str
    progress: int
    steps: dict[str, Entry]
    waitingFor: NotRequired[WaitingFor]
    outcome: NotRequired[str]
    error: NotRequired[SessionError]
    compensation: NotRequired[str]
    delivery: NotRequired[str]
    carried: NotRequired[Json]
    queuedUntil: NotRequired[str]
    createdAt: str
    updatedAt: str
    version: int
    ttl: NotRequired[int]
    openWorkflow: NotRequired[str]


@dataclass(frozen=True)
class Change:
    """One write: attributes to set and to remove, entries of steps, and what must hold unless the record's version is
    known; there `#step0` is the first entry's step.
    """

    set: Mapping[str, Any]
    entries: Mapping[str, Entry] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    guess: str = ""
    guess_values: Mapping[str, Any] = field(default_factory=dict)


def describe(kind: str, message: str) -> StepError:
    """An error as records keep it: its class's name and a bounded message."""
    return {"type": kind, "message": message[:_MESSAGE_LENGTH]}


def described(error: Exception) -> StepError:
    """Errors raised on purpose speak for themselves; what others say may hold data that no record should."""
    told = str(error) if isinstance(error, WorkflowError) else "unexpected; the logs of its Lambda tell more"
    return describe(type(error).__name__, told)


def new_record(
    session_id: str, workflow: str, execution_arn: str, input_hash: str, phase: str, owner: str | None
) -> Record:
    """The record of a session that begins, `processing`."""
    moment = now()
    record: Record = {
        "sessionId": session_id,
        "workflow": workflow,
        "openWorkflow": workflow,
        "inputHash": input_hash,
        "executionArn": execution_arn,
        "attempt": 1,
        "status": Status.PROCESSING,
        "phase": phase,
        "progress": 0,
        "steps": {},
        "createdAt": moment,
        "updatedAt": moment,
        "version": 1,
    }
    if owner is not None:
        record["owner"] = owner
    return record


def ended(status: Status, error: SessionError | None = None) -> dict[str, Any]:
    """The attributes that end a session; its `openWorkflow` goes with them."""
    fields: dict[str, Any] = {"status": status, "ttl": expiry(KEPT_DAYS)}
    return fields if error is None else {**fields, "error": error}


class Table:
    """The `sessions` table."""

    def __init__(self, name: str) -> None:
        self._name = name

    def get(self, session_id: str) -> Record | None:
        """The record as it is now, or None."""
        return cast(Record | None, rows.get(self._name, {"sessionId": session_id}))

    def is_open(self, session_id: str) -> bool:
        """Whether there is such a session, and it has not ended."""
        record = self.get(session_id)
        return record is not None and record["status"] not in ENDED

    def get_many(self, session_ids: Iterable[str]) -> dict[str, Record]:
        """The records of at most 100 sessions as they are now, by sessionId; those that exist."""
        found = rows.get_many(self._name, ({"sessionId": session_id} for session_id in session_ids))
        return {record["sessionId"]: cast(Record, record) for record in found}

    def newest(self, index: str, value: str, limit: int, after: Json | None = None) -> tuple[list[str], Json | None]:
        """The ids of sessions in the index `by-workflow` or `by-owner` under one value, newest first.

        after: where an earlier page ended. Returns the page, and where it ended; None where nothing follows.
        """
        key = index.removeprefix("by-")
        start: Any = {"ExclusiveStartKey": rows.to_item(after)} if after is not None else {}
        answer = aws.dynamodb().query(
            TableName=self._name,
            IndexName=index,
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": key},
            ExpressionAttributeValues={":value": {"S": value}},
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        ended = answer.get("LastEvaluatedKey")
        return [item["sessionId"]["S"] for item in answer["Items"]], rows.from_item(ended) if ended else None

    def delete(self, record: Record) -> None:
        """Removes a record, if nobody has written to it since it was read or made."""
        try:
            aws.dynamodb().delete_item(
                TableName=self._name,
                Key={"sessionId": {"S": record["sessionId"]}},
                ConditionExpression="#version = :seen",
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues={":seen": {"N": str(record["version"])}},
            )
        except ClientError as error:
            rows.refused(error)

    def create(self, record: Record) -> Record | None:
        """Writes a new record. None if it did; else the record that was there before, untouched.

        One that has expired does not count, though DynamoDB may take days to remove it.
        """
        expired = ("ttl", "<", expiry(days=0))
        return cast(Record | None, rows.put_first(self._name, cast(Json, record), expired))

    def change(
        self, session_id: str, decide: Callable[[Record | None], Change | None], seen: Record | None = None
    ) -> Record | None:
        """Makes the change that `decide` wants of the record, given what is known of it (None: nothing yet).

        `decide` returns None when nothing is to be written, or raises. Returns the record as it then is, None where
        nothing is known of it. Raises StaleExecution when there is no record, SessionBusy when others kept changing it.
        """
        for _ in range(_TRIES):
            change = decide(seen)
            if change is None:
                return seen
            try:
                answer = aws.dynamodb().update_item(**self._request(session_id, change, seen))
            except ClientError as error:
                seen = cast(Record | None, rows.refused(error))
                if seen is None:
                    raise StaleExecution(f"session {session_id} has no record") from None
            else:
                return cast(Record, rows.from_item(answer["Attributes"]))
        raise SessionBusy(f"session {session_id} kept changing under {_TRIES} tries to write to it")

    def write(self, change: Change, seen: Record) -> "TransactWriteItemTypeDef":
        """The change of a record that is as it was seen, as one write of a transaction."""
        update: Any = self._request(seen["sessionId"], change, seen)
        del update["ReturnValues"]
        return {"Update": update}

    def _request(self, session_id: str, change: Change, seen: Record | None) -> "UpdateItemInputTypeDef":
        fields = {**change.set, "updatedAt": now()}
        names = {f"#{name}": name for name in (*fields, *change.remove, "version")}
        values: dict[str, Any] = {f":{name}": value for name, value in fields.items()}
        values[":one"] = 1
        sets = [f"#{name} = :{name}" for name in fields] + ["#version = #version + :one"]
        for number, (step, entry) in enumerate(change.entries.items()):
            names[f"#step{number}"], values[f":entry{number}"] = step, entry
            sets.append(f"steps.#step{number} = :entry{number}")
        if seen is None:
            condition = change.guess
            values |= change.guess_values
        else:
            condition, values[":seen"] = "#version = :seen", seen["version"]
        removes = " REMOVE " + ", ".join(f"#{name}" for name in change.remove) if change.remove else ""
        return {
            "TableName": self._name,
            "Key": {"sessionId": {"S": session_id}},
            "UpdateExpression": "SET " + ", ".join(sets) + removes,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": rows.to_item(values),
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
