"""The two kinds of model: what people send (strict), and what steps hand on (tolerant of versions in flight)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

SessionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
OWNER_LENGTH = 128


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

    session_id: SessionId | None = None
    owner: Annotated[str, StringConstraints(min_length=1, max_length=OWNER_LENGTH)] | None = None
