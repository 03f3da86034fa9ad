"""What a function may do beside its logs, and the environment variables that tell it of what."""

import json
from collections.abc import Iterable
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra.errors import ConfigurationError
from infra.lambdas import acknowledge
from infra.stage import Stage

# What the ids of inference profiles begin with, where those of models have their maker's name.
_BEDROCK_GEOGRAPHIES = frozenset({"us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"})

# What a Lambda has to do beside asking a model twice, for an answer and its repair.
_BESIDE_MODEL_SECONDS = 5


def allow(function: lambda_.Function, actions: list[str], *resources: str) -> None:
    """Lets a function do these actions on these ARNs, and on nothing beside them.

    The tables' own `grant_*` methods are wider: they add every index, and actions that no step uses.
    """
    function.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))


def allow_on_executions(function: lambda_.Function, actions: list[str], workflows: Iterable[str], stage: Stage) -> None:
    """Lets a function do these actions on every execution of these workflows."""
    for workflow in workflows:
        acknowledge(
            cast(iam.Role, function.role),
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:"
            f"execution:{workflow}-{stage.name}:*]",
            "Executions are named as they start; these are the executions of one state machine.",
        )
        allow(function, actions, stage.executions_arn(function, workflow))


def allow_table(function: lambda_.Function, variable: str, table: dynamodb.Table, *actions: str) -> None:
    """Lets a function do these actions of DynamoDB on a table, whose name this variable tells it."""
    function.add_environment(variable, table.table_name)
    allow(function, [f"dynamodb:{action}" for action in actions], table.table_arn)


def allow_secret(function: lambda_.Function, variable: str, name: str) -> None:
    """Lets a function read a secret, whose name this environment variable tells it."""
    function.add_environment(variable, name)
    arn = cdk.Stack.of(function).format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{name}-??????",  # Secrets Manager's own six characters
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(function, ["secretsmanager:GetSecretValue"], arn)


def allow_parameter(function: lambda_.Function, variable: str, name: str) -> None:
    """Lets a function read a parameter of SSM, whose name (beginning with a slash) this variable tells it."""
    function.add_environment(variable, name)
    arn = cdk.Stack.of(function).format_arn(service="ssm", resource="parameter", resource_name=name.lstrip("/"))
    allow(function, ["ssm:GetParameter"], arn)


def allow_deliveries(function: lambda_.Function, stage: Stage) -> None:
    """Lets a function send results, signed, to where the stage allows it."""
    function.add_environment("CALLBACK_ORIGINS", json.dumps(stage.callback_origins))
    allow_secret(function, "DELIVERIES_SECRET", f"deliveries-{stage.name}")


def allow_files(
    function: lambda_.Function, stage: Stage, *, read: tuple[str, ...] = (), write: tuple[str, ...] = ()
) -> None:
    """Lets a function read and write files of the stage's bucket, by prefix, and learn which of them are missing."""
    bucket = f"arn:{cdk.Aws.PARTITION}:s3:::{stage.files_bucket}"
    function.add_environment("FILES_BUCKET", stage.files_bucket)
    for action, prefixes in (("s3:GetObject", read), ("s3:PutObject", write)):
        if prefixes:
            allow(function, [action], *(f"{bucket}/{prefix}*" for prefix in prefixes))
    for prefix in sorted({*read, *write}):
        acknowledge(
            cast(iam.Role, function.role),
            f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::files-{stage.name}-<AWS::AccountId>-<AWS::Region>/"
            f"{prefix}*]",
            "Files are named as they are written; these are the ones under one prefix.",
        )
    if read:
        # Without it S3 answers "access denied" where there is no file:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        allow(function, ["s3:ListBucket"], bucket)


def allow_model(function: lambda_.Function, stage: Stage) -> None:
    """Lets a function ask the stage's language model. Raises ConfigurationError when the stage has none, or one that
    may take longer than the function.
    """
    model, timeout = stage.model, cast(cdk.Duration, function.timeout).to_seconds()
    if model is None:
        raise ConfigurationError(
            f'cdk.json: stage "{stage.name}" has a provider "llm", but no "model"; add it: docs/models.md'
        )
    if timeout < 2 * model.seconds + _BESIDE_MODEL_SECONDS:
        raise ConfigurationError(
            f'cdk.json: "model.seconds" of stage "{stage.name}" is {model.seconds}: a Lambda of {timeout:g} s has no '
            f"time for two requests and {_BESIDE_MODEL_SECONDS} s beside them; lower it, or raise the state's "
            "TimeoutSeconds"
        )
    settings = {
        "MODEL_PROVIDER": model.provider,
        "MODEL_ID": model.id,
        "MODEL_ANSWER_TOKENS": str(model.answer_tokens),
        "MODEL_TEXT_CHARACTERS": str(model.text_characters),
        "MODEL_SECONDS": str(model.seconds),
        "MODEL_LAMBDA_SECONDS": str(timeout),
    }
    for name, value in settings.items():
        function.add_environment(name, value)
    if model.provider == "bedrock":
        allow(function, ["bedrock:InvokeModel"], *_bedrock_arns(function, model.id))
        return
    if model.url is None:
        raise ConfigurationError(
            f'cdk.json: "model" of stage "{stage.name}" has no "url"; give the address of its OpenAI-compatible service'
        )
    function.add_environment("MODEL_URL", model.url)
    allow_secret(function, "MODEL_SECRET", f"model-{stage.name}")


def _bedrock_arns(function: lambda_.Function, model_id: str) -> list[str]:
    """A model of this region; or an inference profile (`us.…`) with its model in whichever region that chooses.

    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    stack = cdk.Stack.of(function)
    first, _, rest = model_id.partition(".")
    if first not in _BEDROCK_GEOGRAPHIES:
        return [f"arn:{stack.partition}:bedrock:{stack.region}::foundation-model/{model_id}"]
    acknowledge(
        cast(iam.Role, function.role),
        f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/{rest}]",
        "An inference profile asks one model, in whichever of its regions has room.",
    )
    profile = stack.format_arn(service="bedrock", resource="inference-profile", resource_name=model_id)
    return [profile, f"arn:{stack.partition}:bedrock:*::foundation-model/{rest}"]
