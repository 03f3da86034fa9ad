"""The public API: a Lambda per route, behind two REST APIs. One wants an API key; the other wants IAM's signature.

One method cannot take either: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html
"""

import json
from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.access import ACCESS, Access
from infra.convention import Workflow
from infra.errors import ConfigurationError
from infra.gateway import Gateway
from infra.grants import allow, allow_files, allow_on_executions, allow_parameter, allow_secret
from infra.lambdas import LambdaPackage, acknowledge
from infra.routes import Route, model_files, routes_of
from infra.stage import Stage
from infra.stateful import StatefulStack

_TIMEOUT = cdk.Duration.seconds(29)  # API Gateway waits no longer for an answer


class ApiStack(cdk.Stack):
    """What its Lambdas may do: infra/access.py. It knows machines by name, so it waits for no workflow's stack."""

    def __init__(
        self,
        scope: Construct,
        *,
        workflows: list[Workflow],
        start_queues: Mapping[str, sqs.Queue],
        stage: Stage,
        stateful: StatefulStack,
        root: Path,
    ) -> None:
        """start_queues: the queues that starts wait in, by the names of the workflows that have one."""
        super().__init__(
            scope,
            f"api-{stage.name}",
            description=f"Public API of stage {stage.name}",
            synthesizer=stage.synthesizer(),
        )
        self._workflows = [workflow.name for workflow in workflows]
        self._start_queues = start_queues
        self._settings = stage
        self._package = LambdaPackage(self, "api", root=root, stage=stage, files=model_files(workflows, root))
        acknowledge(self._package, "Serverless-LambdaDLQ", "API Gateway invokes them synchronously; callers are told.")
        self._tables = {
            "sessions": stateful.sessions,
            "results": stateful.results,
            "callbacks": stateful.callbacks,
        }
        routes = routes_of(root)
        functions = {route.module: self._function(route) for route in routes}
        self._keyed = Gateway(self, "Api", name="api", stage=stage, routes=routes, functions=functions)
        self._signed = Gateway(
            self,
            "ApiIam",
            name="api-iam",
            stage=stage,
            routes=[route for route in routes if not route.is_open],
            functions=functions,
            signed=True,
        )
        account = self._logging_account()
        for gateway in (self._keyed, self._signed):
            gateway.node.add_dependency(account)
        self._tell_url()

    def _logging_account(self) -> apigateway.CfnAccount:
        """Lets API Gateway write access logs: a setting of the whole account and region, which all stages share.

        So it is kept when the stage goes, with its role: another stage may log through it.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        """
        role = iam.Role(
            self,
            "LoggingRole",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
            ],
        )
        acknowledge(
            role,
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AmazonAPIGatewayPushToCloudWatchLogs]",
            "API Gateway asks for what this policy grants, and the role serves every API of the account.",
        )
        role.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        account = apigateway.CfnAccount(self, "LoggingAccount", cloud_watch_role_arn=role.role_arn)
        account.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        return account

    def _function(self, route: Route) -> lambda_.Function:
        if route.module not in ACCESS:
            raise ConfigurationError(
                f"infra/access.py does not say what lambdas/api/{route.module}.py may touch: add it to ACCESS"
            )
        function = self._package.function(
            route.module,
            name=f"api-{route.module.replace('_', '-')}",
            service="api",
            timeout=_TIMEOUT,
            environment={"SESSIONS_TABLE": self._tables["sessions"].table_name},
        )
        self._grant(function, ACCESS[route.module])
        return function

    def _grant(self, function: lambda_.Function, access: Access) -> None:
        for name, actions in access.tables.items():
            table, _, index = name.partition("/")
            function.add_environment(f"{table.upper()}_TABLE", self._tables[table].table_name)
            arn = self._tables[table].table_arn
            allow(function, _of("dynamodb", actions), f"{arn}/index/{index}" if index else arn)
        if access.secret:
            allow_secret(function, f"{access.secret.upper()}_SECRET", f"{access.secret}-{self._settings.name}")
        machines = {name: self._settings.machine_arn(self, name) for name in self._workflows}
        if access.machines:
            function.add_environment("STATE_MACHINES", json.dumps(machines))
            allow(function, _of("states", access.machines), *machines.values())
        if access.reads or access.writes:
            allow_files(function, self._settings, read=access.reads, write=access.writes)
        if access.queues:
            self._grant_queues(function)
        if access.watches:
            allow_parameter(function, "PROGRESS_URL_PARAMETER", self._settings.progress_url_parameter)
        if access.executions:
            allow_on_executions(function, _of("states", access.executions), self._workflows, self._settings)

    def _grant_queues(self, function: lambda_.Function) -> None:
        urls = {name: queue.queue_url for name, queue in self._start_queues.items()}
        function.add_environment("START_QUEUES", cdk.Stack.of(self).to_json_string(urls))
        for queue in self._start_queues.values():
            allow(function, ["sqs:SendMessage"], queue.queue_arn)

    def _tell_url(self) -> None:
        """Where links lead: read at run time by steps whose stacks come before this one."""
        ssm.StringParameter(
            self,
            "UrlParameter",
            parameter_name=self._settings.api_url_parameter,
            string_value=self._keyed.url,
            description=f"The public API of stage {self._settings.name}; links to approvals and webhooks begin with it",
        )
        cdk.CfnOutput(self, "ApiUrl", value=self._keyed.url)
        cdk.CfnOutput(self, "ApiIamUrl", value=self._signed.url)
        cdk.CfnOutput(self, "ApiKeyId", value=self._keyed.add_key())


def _of(service: str, actions: tuple[str, ...]) -> list[str]:
    return [f"{service}:{action}" for action in actions]
