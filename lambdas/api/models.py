"""What the API is sent and what it answers, beside the workflows' own inputs. openapi.json is generated from these."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from core.models import OWNER_LENGTH, Input, Model, SessionId
from core.record import DeliveryStatus, Status, StepStatus

MOST_PER_PAGE = 100
MOST_IN_BATCH = 100
COMMENT_LENGTH = 1000

Owner = Annotated[str, StringConstraints(min_length=1, max_length=OWNER_LENGTH)]
WorkflowName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
Comment = Annotated[str, StringConstraints(max_length=COMMENT_LENGTH)]


class Problem(Model):
    """A field that is not what it should be, and how."""

    field: str
    problem: str


class ErrorBody(Model):
    """`code` is for programs and stays; `message` is for people and may change."""

    code: str
    message: str
    details: list[Problem] = Field(default=[])


class Error(Model):
    """Every answer from 400 on."""

    error: ErrorBody


class StepErrorBody(Model):
    """An error's name and words."""

    type: str
    message: str


class SessionErrorBody(StepErrorBody):
    """Why a session failed or was cancelled, and the step it was in."""

    step: str | None = None


class ItemCount(Model):
    """Of the items of a Map, e.g. a novel's chapters, how many are done."""

    done: int
    of: int


class StepEntry(Model):
    """What the record says of one step. `items`: of one that deals with the items of a Map."""

    status: StepStatus
    attempt: int
    started_at: str
    finished_at: str | None = None
    error: StepErrorBody | None = None
    items: ItemCount | None = None


class Wait(Model):
    """The question a session waits on, and until when (ISO 8601, UTC)."""

    callback_id: str
    kind: Literal["approval", "webhook", "signal"]
    step: str
    expires_at: str


class SessionRecord(Model):
    """A session's record; docs/sessions.md says what each attribute means."""

    session_id: str
    workflow: str
    owner: str | None = None
    input_hash: str
    execution_arn: str
    attempt: int
    status: Status
    phase: str
    progress: int = Field(ge=0, le=100)
    steps: dict[str, StepEntry]
    waiting_for: Wait | None = None
    outcome: str | None = None
    error: SessionErrorBody | None = None
    compensation: Literal["started", "done"] | None = None
    delivery: DeliveryStatus | None = None
    created_at: str
    updated_at: str
    version: int
    ttl: int | None = None


class SessionWithResult(SessionRecord):
    """A session's record, and the result of one that a step ended."""

    result: Any = None


class Links(Model):
    """Paths below the API's URL."""

    self: str
    cancel: str


class Started(Model):
    """A session that was started, now or by an earlier request with the same input."""

    session_id: str
    execution_arn: str
    status: Status
    links: Links


class StartQuery(Model):
    """How to start. wait: whether to answer once the session has ended, for inputs that may be waited for."""

    model_config = ConfigDict(extra="forbid")

    wait: bool = False


class Upload(Model):
    """A form, to be sent as `multipart/form-data` to `url`: `fields`, then `file`, before `expires_at`.

    text_key: what the start of a workflow is given. most_bytes: the most that the file may have.
    """

    url: str
    fields: dict[str, str]
    text_key: str
    most_bytes: int
    expires_at: str


class ShortLivedUrl(Model):
    """A URL that is good until `expires_at`: to fetch a file with, or to watch sessions."""

    url: str
    expires_at: str


class SessionStatus(Model):
    """A session and its status at that moment."""

    session_id: str
    status: Status


class ListQuery(Model):
    """Which sessions to list: of a workflow, of an owner, or of both; newest first.

    cursor: of an earlier answer to the same question.
    """

    model_config = ConfigDict(extra="forbid")

    workflow: WorkflowName | None = None
    owner: Owner | None = None
    status: Status | None = None
    limit: int = Field(default=20, ge=1, le=MOST_PER_PAGE)
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=1024)] | None = None


class SessionPage(Model):
    """Sessions, newest first. A page with a cursor has a next one, and may itself hold less than `limit`."""

    records: list[SessionRecord]
    cursor: str | None = None


class BatchRequest(Input):
    """Which sessions to look up."""

    session_ids: list[SessionId] = Field(min_length=1, max_length=MOST_IN_BATCH)


class SessionBatch(Model):
    """The records that there are, in the order asked for, and the ids without one."""

    records: list[SessionRecord]
    missing: list[str]


class Signal(Input):
    """An answer from a trusted service. `by`: who decided, if not the caller."""

    by: Annotated[str, StringConstraints(min_length=1, max_length=OWNER_LENGTH)] | None = None
    comment: Comment | None = None
    payload: Any = None


class Answered(Model):
    """An answer that stands; the machine gets it in a moment, or has it."""

    session_id: str
    callback_id: str
    status: Literal["decided", "delivered", "too_late"]
