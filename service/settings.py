"""Settings of the service, from the environment. Those of the durable workflow are the client's, MATCHING_WORKFLOW_…;
which way they choose says what else is needed. Those of the dispatcher of events are its own, CASI_WORKFLOW_….
"""

from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, RedisDsn, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.settings import WrongSettings
from durable_workflows.errors import NotConfigured
from durable_workflows.settings import CasiSettings, MatchingSettings
from matching.vendor import Vendor
from service.signatures import WebhookSecret

_PREFIX = "MATCHING_SERVICE_"
_BESIDE_THE_REVIEW_SECONDS = 30  # that a search may take


def _vendor_url(url: str) -> str:
    try:
        Vendor(url, "")
    except WrongSettings as error:
        raise ValueError(str(error)) from None
    return url


HttpUrl = Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+[^\s?#]*$"), AfterValidator(lambda url: url.rstrip("/"))]


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)


class ServiceSettings(_Settings):
    """What both ways read. deliveries_secret: what the durable workflow signs its results with."""

    deliveries_secret: WebhookSecret | None = None


class LocalSettings(_Settings):
    """What the local way reads.

    vendor_url, vendor_api_key: of the service that reviews candidates. public_url: of this service, where the vendor
    posts its answers, signed with webhooks_secret. review_seconds: how long it may take. search_ttl_seconds: how long
    Redis keeps a search, from its start and again from its end.
    """

    redis_url: RedisDsn = RedisDsn("redis://localhost:6379/0")
    vendor_url: Annotated[HttpUrl, AfterValidator(_vendor_url)]
    vendor_api_key: SecretStr
    public_url: HttpUrl
    webhooks_secret: WebhookSecret
    review_seconds: int = Field(default=1800, gt=0, le=24 * 60 * 60)
    search_ttl_seconds: int = 3600

    @field_validator("search_ttl_seconds")
    @classmethod
    def _outlives_the_review(cls, seconds: int, others: ValidationInfo) -> int:
        least = others.data.get("review_seconds", 0) + _BESIDE_THE_REVIEW_SECONDS
        if seconds < least:
            name = f"{_PREFIX}REVIEW_SECONDS"
            raise ValueError(f"must be {least} at least, {_BESIDE_THE_REVIEW_SECONDS} more than {name}")
        return seconds


@dataclass(frozen=True)
class Configuration:
    """Everything that the environment says. local: where searches may run here: always, or when a start fails."""

    workflow: MatchingSettings
    service: ServiceSettings
    local: LocalSettings | None


def configuration() -> Configuration:
    """Raises NotConfigured naming each variable that is wrong, or that the chosen way needs and lacks."""
    workflow, service = MatchingSettings(), _read(ServiceSettings)
    CasiSettings()  # the dispatcher of events would only log what is wrong, and dispatch nothing
    if workflow.configured and workflow.callback_url and service.deliveries_secret is None:
        problem = "is missing; what is delivered to MATCHING_WORKFLOW_CALLBACK_URL is signed with it"
        raise NotConfigured([(f"{_PREFIX}DELIVERIES_SECRET", problem)])
    runs_here = not workflow.configured or workflow.fallback_on_error
    return Configuration(workflow, service, _read(LocalSettings) if runs_here else None)


SettingsT = TypeVar("SettingsT", bound=_Settings)


def _read(model: type[SettingsT]) -> SettingsT:
    try:
        return model()
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
    raise NotConfigured(
        (f"{_PREFIX}{str(problem['loc'][0]).upper()}", problem["msg"].removeprefix("Value error, "))
        for problem in problems
    )
