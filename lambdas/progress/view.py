"""A session as those who watch it see it."""

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from core.models import Model
from core.record import Record
from core.rows import Json


class View(Model):
    """What there is of its fields, without nulls."""

    @model_serializer(mode="wrap")
    def _known(self, serialise: SerializerFunctionWrapHandler) -> Json:
        return {name: value for name, value in serialise(self).items() if value is not None}


class Waiting(View):
    """What a session waits for, and until when (ISO 8601, UTC)."""

    callback_id: str
    kind: str
    step: str
    expires_at: str


class Failure(View):
    """Why a session failed or was cancelled, and the step it was in."""

    type: str
    message: str
    step: str | None = None


class Count(View):
    """Of the items of a Map, how many are done."""

    done: int
    of: int


class _Step(Model):
    items: Count | None = None


class _Steps(Model):
    """What of a record's steps is seen."""

    steps: dict[str, _Step]


class Progress(View):
    """How far a session is: what of its record a person may see. No input, result, or output of a step, and not whose
    it is.

    items: of each step that deals with the items of a Map, how many of them are done.
    """

    session_id: str
    workflow: str
    status: str
    phase: str
    progress: int
    version: int
    attempt: int
    updated_at: str
    waiting_for: Waiting | None = None
    outcome: str | None = None
    error: Failure | None = None
    items: dict[str, Count] | None = None


def progress_of(record: Record) -> Progress:
    """The view of a record. Raises pydantic's ValidationError, a ValueError, where it is none."""
    steps = _Steps.model_validate(record).steps
    counts = {name: step.items for name, step in steps.items() if step.items}
    seen: dict[str, Any] = {**record, "items": counts or None}
    return Progress.model_validate(seen)


def message_of(progress: Progress) -> Json:
    """The message that pushes it."""
    return {"type": "progress", **progress.model_dump(by_alias=True)}


def place_of(record: Record) -> str:
    """Where a version of a record stands among all that the records of its id have had: later ones sort after it."""
    return f"{record['createdAt']}#{record['version']:09}"
