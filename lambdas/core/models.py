"""The two kinds of model: what people send (strict), and what steps hand on (tolerant of versions in flight)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, ValidationInfo
from pydantic.alias_generators import to_camel

from core.clock import moment
from core.errors import InvalidInput

SessionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
OWNER_LENGTH = 128

ModelT = TypeVar("ModelT", bound=BaseModel)

_MOST_PROBLEMS = 20
_FIELD_LENGTH = 64


class Model(BaseModel):
    """What one step hands to the next, in camelCase JSON.

    Unknown fields are ignored: a deploy may change the code under an execution that is already running.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Input(Model):
    """What people send, camelCase or snake_case.

    Nothing is converted and unknown fields are refused: a misspelt `alergies` must not pass for "no allergies".
    """

    model_config = ConfigDict(extra="forbid", strict=True)


class WorkflowInput(Input):
    """The input of a workflow; each workflow adds its own fields.

    sessionId: the session's key; the execution's name serves where it is missing.
    owner: who the session belongs to, for listing; free text of the caller.
    """

    parked: ClassVar[Mapping[str, str]] = {}
    """Fields whose text may be long, by the fields that have the key of its file instead: the API keeps it as one."""

    session_id: SessionId | None = None
    owner: Annotated[str, StringConstraints(min_length=1, max_length=OWNER_LENGTH)] | None = None

    @property
    def may_be_awaited(self) -> bool:
        """Whether a request that starts such a session may wait for its end: it takes seconds at most."""
        return False


class Batch(Model):
    """Items of a Map that one Lambda deals with: those numbered from `first` to `last`, of so many altogether; 99 at
    most, which is what a transaction holds.
    """

    first: int
    last: int
    of: int


def validated(model: type[ModelT], raw: Any, *, sent_at: str | None = None, within: str | None = None) -> ModelT:
    """`raw` as the model. Raises InvalidInput naming each bad field with the reason, bounded in number and length;
    never the value, which may be personal.

    sent_at: when it was sent (ISO 8601), which validators learn from sent_at(). within: the field that holds it.
    """
    try:
        return model.model_validate(raw, context={"sentAt": sent_at})
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)[:_MOST_PROBLEMS]
    outer = () if within is None else (within,)
    raise InvalidInput(
        (
            ".".join(str(part)[:_FIELD_LENGTH] for part in (*outer, *problem["loc"])) or "input",
            "Input should be an object" if problem["type"] == "model_type" else problem["msg"],
        )
        for problem in problems
    )


def sent_at(info: ValidationInfo) -> datetime:
    """For validators: when what is validated was sent (aware, UTC); the present where nobody said.

    Of a workflow's input it is when the session's record was made, so what was in the future then stays accepted on
    every later delivery; of a signal's payload, when the signal came.
    """
    told = (info.context or {}).get("sentAt")
    return moment() if told is None else datetime.fromisoformat(told)
