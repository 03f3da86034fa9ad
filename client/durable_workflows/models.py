"""What the API answers; docs/api.md and docs/sessions.md say what each field means. Those that a newer API adds are
ignored, and a status that it adds is a word like the others.
"""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

ENDED = frozenset({"completed", "expired", "failed", "cancelled"})
"""The statuses of a session that has ended; the others are queued, processing and waiting."""


class Answer(BaseModel):
    """A JSON object of the API."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")


class Problem(Answer):
    """A field that is not what it should be, and how."""

    field: str
    problem: str


class ErrorBody(Answer):
    """Why a request was refused."""

    code: str
    message: str
    details: tuple[Problem, ...] = ()


class StepError(Answer):
    """An error's name and words."""

    type: str
    message: str


class SessionError(StepError):
    """Why a session failed or was cancelled, and the step it was in."""

    step: str | None = None


class StepEntry(Answer):
    """What the record says of one step: `running`, `waiting`, `succeeded` or `failed`."""

    status: str
    attempt: int
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    error: StepError | None = None


class Wait(Answer):
    """The question that a session waits on: an `approval`, a `webhook` or a `signal`, and until when."""

    callback_id: str
    kind: str
    step: str
    expires_at: AwareDatetime


class Session(Answer):
    """A session's record. `result`: of one that is completed or expired, when it was asked for by its id."""

    session_id: str
    workflow: str
    owner: str | None = None
    execution_arn: str
    attempt: int
    status: str
    phase: str
    progress: int
    steps: dict[str, StepEntry]
    waiting_for: Wait | None = None
    outcome: str | None = None
    error: SessionError | None = None
    compensation: str | None = None
    delivery: str | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int
    result: Any = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen, unless a failed session is retried."""
        return self.status in ENDED


class Links(Answer):
    """Paths below the API's URL."""

    self: str
    cancel: str


class Started(Answer):
    """A session that was started, now or by an earlier request with the same input."""

    session_id: str
    execution_arn: str
    status: str
    links: Links


class SessionStatus(Answer):
    """A session and its status at that moment."""

    session_id: str
    status: str


class Page(Answer):
    """Sessions, newest first, without results. Where there is a cursor, ask again with it; a page may be empty."""

    records: tuple[Session, ...]
    cursor: str | None = None


class Batch(Answer):
    """The records that there are, in the order asked for and without results, and the ids without one."""

    records: tuple[Session, ...]
    missing: tuple[str, ...]


class Answered(Answer):
    """An answer that stands: `decided`, `delivered` to the machine, or `too_late` for it."""

    session_id: str
    callback_id: str
    status: str
