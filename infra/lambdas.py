"""A package of Lambdas: one asset and one layer, shared by its functions."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.errors import ConfigurationError
from infra.layer import layer_folder
from infra.stage import Stage

METRICS_NAMESPACE = "DurableWorkflows"


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
