"""Settings: what a Lambda reads from its environment, as one pydantic model per Lambda."""

import os
from functools import cache
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import FinalError


class WrongSettings(FinalError):
    """An environment variable of this Lambda is missing or wrong; the workflow's stack file sets them."""


class Settings(BaseModel):
    """What every Lambda reads: each field `some_name` comes from the environment variable `SOME_NAME`."""

    model_config = ConfigDict(frozen=True)

    stage: str = Field(min_length=1)
    sessions_table: str = Field(min_length=1)


class StepSettings(Settings):
    """What a step between the first and the last reads."""

    steps_table: str = Field(min_length=1)


class LastStepSettings(Settings):
    """What a step that ends its session reads."""

    results_table: str = Field(min_length=1)


SettingsT = TypeVar("SettingsT", bound=Settings)


@cache
def load(model: type[SettingsT]) -> SettingsT:
    """The settings of this environment, read once. Raises WrongSettings naming each variable that is wrong."""
    try:
        return model.model_validate({name.lower(): value for name, value in os.environ.items()})
    except ValidationError as error:
        problems = (f"{'_'.join(map(str, e['loc'])).upper()}: {e['msg'].lower()}" for e in error.errors())
        raise WrongSettings("environment variables: " + "; ".join(problems)) from None
