"""Settings of a client, from the environment: one class per workflow, which differs in its prefix.

docs/environment.md lists the variables.
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

import httpx
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from durable_workflows.auth import region_of_environment, region_of_host
from durable_workflows.errors import NotConfigured

_COMMON = "WORKFLOW_"  # what variables begin with that hold for every workflow without one of its own
_PRINTABLE = re.compile(r"[!-~]+")
_MOST_SECONDS = 300


def _mode(value: object) -> object:
    return None if isinstance(value, str) and value.lower() == "none" else value


def _parsed(value: str) -> httpx.URL:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL:
        raise ValueError("is no URL") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must begin with https:// or http:// and name a host")
    if url.userinfo or "#" in value:
        raise ValueError("must have no user and no fragment")
    return url


def _base(value: str) -> str:
    """A URL that paths are put behind, without a slash at its end."""
    _parsed(value)
    if "?" in value:
        raise ValueError("must have no query; paths are put behind it")
    return value.rstrip("/")


def _receiver(value: str) -> str:
    _parsed(value)
    return value


def _header(value: SecretStr) -> SecretStr:
    if not _PRINTABLE.fullmatch(value.get_secret_value()):
        raise ValueError("must be printable ASCII without spaces; was it copied whole, and nothing with it?")
    return value


class WorkflowSettings(BaseSettings):
    """Where the API is and how to get in. Only a class with a prefix reads the environment; where its own variable is
    not set, `WORKFLOW_…` holds.

    url: of the API with its stage, or of a Lambda Function URL in front of it. callback_url: where the workflow posts
    its result, unless a start says otherwise. timeout_seconds: how long one request waits; a call takes up to four.
    region: for auth mode iam_sigv4; AWS_REGION where it is missing, then what botocore finds.

    Raises NotConfigured, which names every variable that is wrong.
    """

    model_config = SettingsConfigDict(frozen=True)

    url: Annotated[str, AfterValidator(_base)] | None = None
    auth_mode: Annotated[Literal["api_key", "iam_sigv4"] | None, BeforeValidator(_mode)] = "api_key"
    api_key: Annotated[SecretStr, AfterValidator(_header)] | None = None
    callback_url: Annotated[str, AfterValidator(_receiver)] | None = None
    timeout_seconds: float = Field(default=10, gt=0, le=_MOST_SECONDS)
    region: str | None = None

    @property
    def configured(self) -> bool:
        """Whether there is an API to call: a URL, and an auth mode other than None."""
        return bool(self.url) and self.auth_mode is not None

    @classmethod
    def name_of(cls, field: str) -> str:
        """The variable that a field is read from, or would be; the field's name where the environment is not read."""
        prefix = cls.model_config.get("env_prefix")
        if not prefix:
            return field
        if field == "region":
            return "AWS_REGION"
        own, common = f"{prefix}{field.upper()}", f"{_COMMON}{field.upper()}"
        return common if own not in os.environ and common in os.environ else own

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic-settings gives all of these
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Without a prefix a variable URL or API_KEY, which may be anybody's, would be read."""
        if not cls.model_config.get("env_prefix"):
            return (init_settings,)
        return (init_settings, env_settings, EnvSettingsSource(settings_cls, env_prefix=_COMMON))

    @model_validator(mode="wrap")
    @classmethod
    def _complete(cls, given: Mapping[str, Any], handler: ModelWrapValidatorHandler[Self]) -> Self:
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
        values = {name: value for name, value in stripped.items() if value != ""}
        problems = dict(_half_set(values))
        try:
            settings = handler(values)
        except ValidationError as error:
            for wrong in error.errors(include_input=False, include_url=False):
                problems[str(wrong["loc"][0])] = wrong["msg"].removeprefix("Value error, ")
        if problems:
            raise NotConfigured((cls.name_of(field), problem) for field, problem in problems.items())
        return settings


class MatchingSettings(WorkflowSettings):
    """Settings of matching. fallback_on_error: whether the service in front starts a search its local way when the
    durable start fails.
    """

    model_config = SettingsConfigDict(env_prefix="MATCHING_WORKFLOW_")

    fallback_on_error: bool = False


class CasiSettings(WorkflowSettings):
    """Settings of skill-sync."""

    model_config = SettingsConfigDict(env_prefix="CASI_WORKFLOW_")


class TripBuddySettings(WorkflowSettings):
    """Settings of trip-request."""

    model_config = SettingsConfigDict(env_prefix="TRIPBUDDY_WORKFLOW_")


class CourseSettings(WorkflowSettings):
    """Settings of course-review."""

    model_config = SettingsConfigDict(env_prefix="COURSE_WORKFLOW_")


class GearSettings(WorkflowSettings):
    """Settings of gear-reminder."""

    model_config = SettingsConfigDict(env_prefix="GEAR_WORKFLOW_")


def _half_set(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each field that another one needs, with what is wrong. Fills in the region."""
    mode = _mode(values.get("auth_mode", "api_key"))
    if not values.get("url") or mode is None:
        return
    if mode == "api_key" and not values.get("api_key"):
        yield "api_key", "is missing; auth mode api_key sends it"
    if mode == "iam_sigv4":
        values["region"] = values.get("region") or region_of_environment()
        if not values["region"]:
            yield "region", "is missing; auth mode iam_sigv4 signs for a region"
        else:
            yield from _other_region(str(values["url"]), values["region"])


def _other_region(url: str, region: str) -> Iterator[tuple[str, str]]:
    told = region_of_host(url)
    if told not in (None, region):
        yield "region", f"is {region}, but the URL's host is in {told}"
