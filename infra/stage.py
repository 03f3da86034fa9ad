"""What differs between stages. No other file asks which stage it is.

The settings are data, in cdk.json under `context.stages`; a stage without an entry there takes those of dev.
"""

import re
from typing import Annotated, Any, Literal

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from infra.errors import ConfigurationError

# No hyphens: then the last part of a name is its stage, and no two stages of an account can share one.
_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")
# Where plain HTTP leaves no machine.
_LOOPBACK = r"localhost|127\.0\.0\.1"
_TOPIC = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?$"

CallbackOrigin = Annotated[str, StringConstraints(pattern=rf"^(https://[a-z0-9.-]+|http://(?:{_LOOPBACK}))(:\*)?$")]


class Model(BaseModel):
    """The language model that steps ask.

    id: as the service names it. url: of an OpenAI-compatible service, without `/chat/completions`. answer_tokens: the
    most of one answer. text_characters: the most of a text that one request holds. seconds: the longest that one
    request may take.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    provider: Literal["bedrock", "openai_compatible"]
    id: str = Field(min_length=1)
    url: Annotated[str, StringConstraints(pattern=rf"^(https://|http://(?:{_LOOPBACK})[:/])")] | None = None
    answer_tokens: PositiveInt
    text_characters: PositiveInt
    seconds: PositiveInt


class Stage(BaseModel):
    """One deployment of the app.

    asset_files: files put beside the code in every asset, executable, as paths from the repository's root.
    layer: whether the third-party packages come as a layer, or the runtime has them already.
    bootstrapped: deploy with the roles of `cdk bootstrap`, or with the rights of whoever runs the CDK.
    retain_data: tables outlive their stack and refuse to be deleted.
    stale_after_seconds: a running session untouched for this long is looked at by the sweep.
    callback_origins: where results may be delivered, e.g. `https://hooks.example.com`; `:*` after it is any port.
    providers: the implementation of each outside service's port, by the port's name.
    model: the language model that the providers `llm` ask.
    progress_topic: the ARN of an SNS topic that is told of every session's progress.
    workflows: what a workflow's own stack file reads, by the workflow's name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    name: str
    runtime: Literal["python3.13", "provided.al2023"]
    layer: bool
    asset_files: list[str]
    bootstrapped: bool
    memory_mb: int = Field(ge=128, le=10240)
    log_retention: logs.RetentionDays
    retain_data: bool
    sweep_minutes: PositiveInt
    stale_after_seconds: PositiveInt
    callback_origins: list[CallbackOrigin]
    providers: dict[str, str]
    model: Model | None = None
    progress_topic: Annotated[str, StringConstraints(pattern=_TOPIC)] | None = None
    workflows: dict[str, dict[str, Any]]

    @property
    def lambda_runtime(self) -> lambda_.Runtime:
        return {
            "python3.13": lambda_.Runtime.PYTHON_3_13,
            "provided.al2023": lambda_.Runtime.PROVIDED_AL2023,
        }[self.runtime]

    @property
    def api_url_parameter(self) -> str:
        """The parameter that tells the public API's URL to steps whose stacks come before the API's."""
        return f"/durable-workflows/{self.name}/api-url"

    @property
    def progress_url_parameter(self) -> str:
        """The parameter that tells where clients connect to, to watch sessions."""
        return f"/durable-workflows/{self.name}/progress-url"

    def workflow_parameter(self, workflow: str, name: str) -> str:
        """A parameter of one workflow, e.g. `vendor-url`."""
        return f"/durable-workflows/{self.name}/{workflow}-{name}"

    @property
    def removal_policy(self) -> cdk.RemovalPolicy:
        return cdk.RemovalPolicy.RETAIN if self.retain_data else cdk.RemovalPolicy.DESTROY

    def synthesizer(self) -> cdk.IReusableStackSynthesizer:
        return cdk.DefaultStackSynthesizer() if self.bootstrapped else cdk.CliCredentialsStackSynthesizer()

    @property
    def files_bucket(self) -> str:
        """The bucket of what is large. Buckets share one space of names with all accounts."""
        return f"files-{self.name}-{cdk.Aws.ACCOUNT_ID}-{cdk.Aws.REGION}"

    def machine_arn(self, scope: Construct, workflow: str) -> str:
        """A workflow's state machine, by its name: who needs it need not wait for the workflow's stack."""
        return self._states_arn(scope, "stateMachine", workflow)

    def executions_arn(self, scope: Construct, workflow: str) -> str:
        """All executions of a workflow: they are named as they start."""
        return self._states_arn(scope, "execution", workflow) + ":*"

    def _states_arn(self, scope: Construct, resource: str, workflow: str) -> str:
        return cdk.Stack.of(scope).format_arn(
            service="states",
            resource=resource,
            resource_name=f"{workflow}-{self.name}",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

    def provider(self, port: str) -> str:
        """The implementation chosen for a port. Raises ConfigurationError when the stage chooses none."""
        if port not in self.providers:
            raise ConfigurationError(
                f'cdk.json: stage "{self.name}" chooses no provider "{port}"; add it to the "providers" of its stage'
            )
        return self.providers[port]

    def workflow(self, name: str, setting: str) -> Any:
        """A setting of one workflow. Raises ConfigurationError when the stage does not give it."""
        settings = self.workflows.get(name, {})
        if setting not in settings:
            raise ConfigurationError(
                f'cdk.json: stage "{self.name}" says nothing of "{setting}" for workflow "{name}"; add it to '
                f'"workflows.{name}" of its stage'
            )
        return settings[setting]


def stage_of(app: cdk.App) -> Stage:
    """The stage that `-c stage=<name>` chooses.

    There is no default: a bare `cdk deploy` would otherwise change whichever account the shell points at.
    Raises ConfigurationError when none is chosen, when its name is not one, and when its settings are wrong.
    """
    name = app.node.try_get_context("stage")
    settings = app.node.try_get_context("stages") or {}
    if not name:
        raise ConfigurationError(
            "choose a stage: `cdk deploy --all -c stage=dev`, or prod, or local for the local cloud (`make up`), "
            "or a short name of your own (it takes dev's settings)"
        )
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f'"{name}" is no stage: take up to 16 lowercase letters and digits, beginning with a letter'
        )
    chosen = name if name in settings else "dev"
    if chosen not in settings:
        raise ConfigurationError(f'cdk.json: "context.stages" has neither "{name}" nor "dev"; add its settings')
    try:
        return Stage.model_validate({**settings[chosen], "name": name})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg'].lower()}" for e in error.errors())
        raise ConfigurationError(f'cdk.json: "context.stages.{chosen}": {problems}') from None
