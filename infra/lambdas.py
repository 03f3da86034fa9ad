"""A package of Lambdas: one asset and one layer, shared by its functions."""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.errors import ConfigurationError
from infra.layer import layer_folder
from infra.stage import Stage

METRICS_NAMESPACE = "DurableWorkflows"
# What the ids of inference profiles begin with, where those of models have their maker's name.
_BEDROCK_GEOGRAPHIES = frozenset({"us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"})


class LambdaPackage(Construct):
    """The Lambdas of one package of lambdas/.

    Their asset holds the package, `core`, and single files of other packages that it names, so a change to one
    workflow redeploys one workflow. Each package has a layer version of its own, of the same asset: one that stacks
    shared could not be replaced while they use it.
    """

    def __init__(self, scope: Construct, package: str, *, root: Path, stage: Stage, files: Iterable[Path] = ()) -> None:
        """files: those of other packages, under lambdas/."""
        super().__init__(scope, "Lambdas")
        self._package = package
        self._stage = stage
        self._code = _code(root, package, stage, files)
        self._layers = [self._layer(root)] if stage.layer else []
        for rule in ("AwsSolutions-L1", "Serverless-LambdaLatestVersion"):
            acknowledge(self, rule, "python3.13 is the newest version that the tests run on.")
        acknowledge(
            self,
            "AwsSolutions-IAM5[Resource::*]",
            "xray:PutTraceSegments and xray:PutTelemetryRecords know no resources.",
        )

    def function(
        self,
        module: str,
        *,
        name: str,
        service: str,
        timeout: cdk.Duration,
        environment: Mapping[str, str],
        **invocation: Any,
    ) -> lambda_.Function:
        """The function `<name>-<stage>` that runs `handler` of a module.

        service: whose metrics and logs these are: the workflow's name, or `operations`.
        invocation: how the function is invoked asynchronously, as `aws_lambda.Function` takes it.
        """
        construct_id = "".join(word.capitalize() for word in module.split("_"))
        function_name = f"{name}-{self._stage.name}"
        log_group = logs.LogGroup(
            self,
            f"{construct_id}Logs",
            log_group_name=f"/aws/lambda/{function_name}",
            retention=self._stage.log_retention,
            removal_policy=cdk.RemovalPolicy.DESTROY,  # a kept group would block the next deploy under its name
        )
        # Not the managed AWSLambdaBasicExecutionRole, which may create and write any log group.
        role = iam.Role(self, f"{construct_id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        return lambda_.Function(
            self,
            construct_id,
            function_name=function_name,
            handler=f"{self._package}.{module}.handler",
            runtime=self._stage.lambda_runtime,
            architecture=lambda_.Architecture.ARM_64,
            code=self._code,
            layers=self._layers,
            role=role,
            memory_size=self._stage.memory_mb,
            timeout=timeout,
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            environment={
                "STAGE": self._stage.name,
                "POWERTOOLS_SERVICE_NAME": service,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **environment,
            },
            **invocation,
        )

    def _layer(self, root: Path) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            "Layer",
            code=lambda_.Code.from_asset(str(layer_folder(root))),
            compatible_runtimes=[self._stage.lambda_runtime],
            compatible_architectures=[lambda_.Architecture.ARM_64],
        )


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
    """Lets a function ask the stage's language model. Raises ConfigurationError when the stage has none."""
    model = stage.model
    if model is None:
        raise ConfigurationError(
            f'cdk.json: stage "{stage.name}" has a provider "llm", but no "model"; add it: docs/models.md'
        )
    settings = {
        "MODEL_PROVIDER": model.provider,
        "MODEL_ID": model.id,
        "MODEL_ANSWER_TOKENS": str(model.answer_tokens),
        "MODEL_TEXT_CHARACTERS": str(model.text_characters),
        "MODEL_SECONDS": str(model.seconds),
        "MODEL_LAMBDA_SECONDS": str(cast(cdk.Duration, function.timeout).to_seconds()),
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


def acknowledge(construct: Construct, rule: str, reason: str) -> None:
    """Tells cdk-nag why a rule's finding on this construct is right as it is."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))


def _code(root: Path, package: str, stage: Stage, files: Iterable[Path]) -> lambda_.Code:
    for file in stage.asset_files:
        if not (root / file).is_file():
            raise ConfigurationError(f'cdk.json: stage "{stage.name}" puts {file} into its assets, but there is none')
    # The CDK bundles once per source folder: it must be the package's own, or packages would get each other's code.
    return lambda_.Code.from_asset(
        str(root / "lambdas" / package),
        asset_hash_type=cdk.AssetHashType.OUTPUT,
        bundling=cdk.BundlingOptions(
            image=cdk.DockerImage.from_registry("none"),  # required, never used: the bundling is local
            local=_Copy(
                folders=[root / "lambdas" / name for name in (package, "core")],
                files={str(file.relative_to(root / "lambdas")): file for file in files},
                executables=[root / file for file in stage.asset_files],
            ),
        ),
    )


@jsii.implements(cdk.ILocalBundling)
class _Copy:
    """Bundles an asset by copying what belongs into it."""

    def __init__(self, folders: list[Path], files: Mapping[str, Path], executables: list[Path]) -> None:
        self._folders = folders
        self._files = files
        self._executables = executables

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:
        for folder in self._folders:
            shutil.copytree(folder, Path(output_dir, folder.name), ignore=shutil.ignore_patterns("__pycache__"))
        for name, file in self._files.items():
            copy = Path(output_dir, name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
        for file in self._executables:
            Path(shutil.copy(file, output_dir)).chmod(0o755)
        return True
