"""Progress for people and programs: a WebSocket API, and what tells it, the bus and the topic how sessions go."""

import json
from pathlib import Path
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.grants import allow, allow_parameter, allow_secret, allow_table
from infra.lambdas import LambdaPackage, acknowledge
from infra.stage import Stage
from infra.stateful import StatefulStack
from infra.streams import consume
from infra.tables import string

# Shorter than a subscription may be opening: progress/watchers.py.
_TIMEOUT = cdk.Duration.seconds(20)
# Longer than a version takes whose watchers all hang: tests/infra/test_progress.py.
_PUSH_TIMEOUT = cdk.Duration.minutes(3)
# Connections and messages a second of all clients together, and at once.
_RATE, _BURST = 100, 200

# No query string: who reads a log must not be able to watch.
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "event": "$context.eventType",
    "route": "$context.routeKey",
    "connection": "$context.connectionId",
    "status": "$context.status",
    "error": "$context.error.message",
}


class ProgressStack(cdk.Stack):
    """What it keeps is good for hours: who watches connects again. It comes after the API's stack, which gives API
    Gateway the role that it writes access logs under.
    """

    def __init__(self, scope: Construct, *, stage: Stage, stateful: StatefulStack, root: Path) -> None:
        super().__init__(
            scope,
            f"progress-{stage.name}",
            description=f"Progress of sessions of stage {stage.name}, pushed to people and programs",
            synthesizer=stage.synthesizer(),
        )
        self._settings = stage
        self._stateful = stateful
        self._connections = self._connections_table()
        self._package = LambdaPackage(self, "progress", root=root, stage=stage)
        acknowledge(
            self._package,
            "Serverless-LambdaDLQ",
            "API Gateway invokes them synchronously; what the stream's changes fail with goes to the on-failure "
            "destination.",
        )
        self._api = apigateway.WebSocketApi(self, "WebSocket", api_name=f"progress-{stage.name}")
        self._add_routes()
        self._add_stage()
        self._push_progress()
        self._tell_url()

    def _connections_table(self) -> dynamodb.Table:
        """Of no stage's data: it goes with its stack, so that the next deploy of the stage can make it again."""
        table = dynamodb.Table(
            self,
            "Connections",
            table_name=f"connections-{self._settings.name}",
            partition_key=string("subject"),
            sort_key=string("watcher"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="ttl",
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(table, "AwsSolutions-DDB3", "Who watches connects again; there is nothing to recover.")
        return table

    def _add_routes(self) -> None:
        """Every message goes to one function: which of its actions one asks for, it finds out and says."""
        authorizer = authorizers.WebSocketLambdaAuthorizer(
            "Ticket", self._authorize_watcher(), identity_source=["route.request.querystring.ticket"]
        )
        routes = {
            "$connect": self._admit_watcher(),
            "$default": self._answer_watcher(),
            "$disconnect": self._forget_watcher(),
        }
        for route, function in routes.items():
            self._api.add_route(
                route,
                integration=integrations.WebSocketLambdaIntegration(f"{function.node.id}Integration", function),
                authorizer=authorizer if route == "$connect" else None,
            )
        acknowledge(self._api, "AwsSolutions-APIG4", "Who connects is authorised; messages come over that connection.")

    def _add_stage(self) -> None:
        group = logs.LogGroup(
            self,
            "AccessLogs",
            log_group_name=f"/aws/apigateway/progress-{self._settings.name}",
            retention=self._settings.log_retention,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        stage = apigateway.WebSocketStage(
            self,
            "Stage",
            web_socket_api=self._api,
            stage_name=self._settings.name,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=_RATE, burst_limit=_BURST),
        )
        cast(
            apigateway.CfnStage, stage.node.default_child
        ).access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=group.log_group_arn, format=json.dumps(_ACCESS_LOG)
        )

    def _authorize_watcher(self) -> lambda_.Function:
        function = self._function("authorize_watcher")
        allow_secret(function, "PROGRESS_SECRET", f"progress-{self._settings.name}")
        return function

    def _admit_watcher(self) -> lambda_.Function:
        function = self._function("admit_watcher")
        allow_secret(function, "PROGRESS_SECRET", f"progress-{self._settings.name}")
        allow_table(function, "CONNECTIONS_TABLE", self._connections, "PutItem")
        return function

    def _answer_watcher(self) -> lambda_.Function:
        function = self._function("answer_watcher")
        actions = ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem")
        allow_table(function, "CONNECTIONS_TABLE", self._connections, *actions)
        allow(function, ["dynamodb:GetItem"], self._stateful.sessions.table_arn)
        self._allow_pushes(function, "POST")
        return function

    def _forget_watcher(self) -> lambda_.Function:
        function = self._function("forget_watcher")
        allow_table(function, "CONNECTIONS_TABLE", self._connections, "DeleteItem")
        return function

    def _push_progress(self) -> None:
        """The changes of a session come to it in their order, of which ten sessions' may be under way in a shard."""
        function = self._function("push_progress", timeout=_PUSH_TIMEOUT)
        allow_table(function, "CONNECTIONS_TABLE", self._connections, "Query", "PutItem", "UpdateItem", "DeleteItem")
        self._allow_pushes(function, "POST", "DELETE")
        function.add_environment("EVENT_BUS", self._stateful.bus.event_bus_name)
        allow(function, ["events:PutEvents"], self._stateful.bus.event_bus_arn)
        if self._settings.progress_topic:
            function.add_environment("PROGRESS_TOPIC", self._settings.progress_topic)
            allow(function, ["sns:Publish"], self._settings.progress_topic)
        consume(
            function,
            self._stateful.sessions,
            pattern={"NewImage": {"sessionId": {"S": [{"exists": True}]}}},  # not what a record's end of life leaves
            dead_letters=self._stateful.dead_letters,
        )

    def _function(self, module: str, timeout: cdk.Duration = _TIMEOUT) -> lambda_.Function:
        return self._package.function(
            module,
            name=module.replace("_", "-"),
            service="progress",
            timeout=timeout,
            environment={"SESSIONS_TABLE": self._stateful.sessions.table_name},
        )

    def _allow_pushes(self, function: lambda_.Function, *methods: str) -> None:
        """Lets a function send to clients of this stage (POST), and end their connections (DELETE)."""
        allow_parameter(function, "PROGRESS_URL_PARAMETER", self._settings.progress_url_parameter)
        for method in methods:
            path = f"{self._settings.name}/{method}/@connections/*"
            arn = self.format_arn(service="execute-api", resource=self._api.api_id, resource_name=path)
            allow(function, ["execute-api:ManageConnections"], arn)
            acknowledge(
                cast(iam.Role, function.role),
                f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:"
                f"<{self.get_logical_id(cast(cdk.CfnElement, self._api.node.default_child))}>/{path}]",
                "Connections are named as they open; these are those of one stage of one API.",
            )

    def _tell_url(self) -> None:
        host = f"{self._api.api_id}.execute-api.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"
        url = f"wss://{host}/{self._settings.name}"
        ssm.StringParameter(
            self,
            "UrlParameter",
            parameter_name=self._settings.progress_url_parameter,
            string_value=url,
            description=f"Where clients connect to, to watch sessions of stage {self._settings.name}",
        )
        cdk.CfnOutput(self, "ProgressUrl", value=url)
