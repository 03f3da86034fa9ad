"""A REST API of this app: its routes, its refusals in the app's own shape, and its access log."""

import json
from collections.abc import Mapping
from typing import NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.lambdas import acknowledge
from infra.routes import Route
from infra.stage import Stage

# Requests a second of all callers together, and at once; beyond it they get 429.
_RATE, _BURST = 100, 200

# No query string: an approval's link is one, and who reads a log must not be able to decide.
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "caller": "$context.identity.userArn",
    "apiKeyId": "$context.identity.apiKeyId",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "refusal": "$context.error.responseType",
    "milliseconds": "$context.responseLatency",
    "bytes": "$context.responseLength",
}


class _Refusal(NamedTuple):
    type: apigateway.ResponseType
    status: int | None
    code: str
    message: str


_TYPES = apigateway.ResponseType
_REFUSALS = (
    _Refusal(_TYPES.DEFAULT_4_XX, None, "BadRequest", "The request is not what it should be."),
    _Refusal(_TYPES.DEFAULT_5_XX, None, "InternalError", "Something went wrong here; the service's logs tell more."),
    _Refusal(_TYPES.INTEGRATION_TIMEOUT, 504, "Timeout", "The answer took too long; ask again."),
    _Refusal(_TYPES.ACCESS_DENIED, 403, "Forbidden", "These credentials may not do this."),
    _Refusal(_TYPES.REQUEST_TOO_LARGE, 413, "TooLarge", "The body is too large; 262144 bytes are allowed."),
    _Refusal(_TYPES.THROTTLED, 429, "TooManyRequests", "Too many requests; try again in a moment."),
)
_KEYED_REFUSALS = (
    _Refusal(_TYPES.INVALID_API_KEY, 403, "Forbidden", "Send an API key that is valid here in the header x-api-key."),
    # API Gateway says so of a path or a method that it does not know.
    _Refusal(_TYPES.MISSING_AUTHENTICATION_TOKEN, 404, "NotFound", "There is no such route."),
)
_SIGNED_REFUSALS = (
    _Refusal(_TYPES.INVALID_SIGNATURE, 403, "Forbidden", "The signature (AWS Signature Version 4) does not match."),
    _Refusal(_TYPES.EXPIRED_TOKEN, 403, "Forbidden", "The credentials have expired."),
    _Refusal(
        _TYPES.MISSING_AUTHENTICATION_TOKEN,
        403,
        "Forbidden",
        "There is no such route, or the request is not signed (AWS Signature Version 4).",
    ),
)


class Gateway(Construct):
    """The REST API `<name>-<stage>`.

    signed: its callers sign with IAM's credentials; otherwise they send an API key, but for routes that are open.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        stage: Stage,
        routes: list[Route],
        functions: Mapping[str, lambda_.Function],
        signed: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = f"{name}-{stage.name}"
        self._signed = signed
        self._stage = stage
        self.api = self._rest_api()
        for route in routes:
            self.api.root.resource_for_path(route.path).add_method(
                route.method,
                apigateway.LambdaIntegration(functions[route.module], allow_test_invoke=False),
                api_key_required=not (signed or route.is_open),
                authorization_type=apigateway.AuthorizationType.IAM if signed else apigateway.AuthorizationType.NONE,
            )
        for refusal in _REFUSALS + (_SIGNED_REFUSALS if signed else _KEYED_REFUSALS):
            self._refuse(refusal)
        self._acknowledge()

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        host = f"{self.api.rest_api_id}.execute-api.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"
        return f"https://{host}/{self.api.deployment_stage.stage_name}"

    def add_key(self) -> str:
        """The id of a new API key that opens this API."""
        key = self.api.add_api_key("Key", api_key_name=self._name)
        plan = self.api.add_usage_plan(
            "Plan",
            name=self._name,
            throttle=apigateway.ThrottleSettings(rate_limit=_RATE, burst_limit=_BURST),
        )
        plan.add_api_key(key)
        plan.add_api_stage(stage=self.api.deployment_stage)
        return key.key_id

    def _rest_api(self) -> apigateway.RestApi:
        group = logs.LogGroup(
            self,
            "AccessLogs",
            log_group_name=f"/aws/apigateway/{self._name}",
            retention=self._stage.log_retention,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=self._name,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            deploy_options=apigateway.StageOptions(
                stage_name=self._stage.name,
                access_log_destination=apigateway.LogGroupLogDestination(group),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
                # Traces show whole URLs, an approval's link with them:
                # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-understanding-xray-traces.html
                tracing_enabled=self._signed,
                logging_level=apigateway.MethodLoggingLevel.OFF,
                throttling_rate_limit=_RATE,
                throttling_burst_limit=_BURST,
            ),
        )
        api.node.try_remove_child("Endpoint")  # an output of its own, beside the stack's
        return api

    def _refuse(self, refusal: _Refusal) -> None:
        body = json.dumps({"error": {"code": refusal.code, "message": refusal.message}})
        self.api.add_gateway_response(
            refusal.code + refusal.type.response_type.title().replace("_", ""),
            type=refusal.type,
            status_code=str(refusal.status) if refusal.status else None,
            templates={"application/json": body},
        )

    def _acknowledge(self) -> None:
        for rule, reason in {
            "AwsSolutions-APIG2": "The workflows' own models validate requests; they name every field's fault.",
            "AwsSolutions-APIG3": "Throttled here and by usage plans; whether a firewall is worth its price is for who "
            "runs the stage.",
            "AwsSolutions-APIG6": "Execution logs hold query strings, and an approval's link is one; the access log "
            "tells of every request.",
            "Serverless-APIGWXrayEnabled": "Traces hold query strings too; where no route is open, tracing is on.",
            "AwsSolutions-APIG4": "Callers send an API key; approvals and webhooks bring a signature of their own.",
            "AwsSolutions-COG4": "Callers are services, with an API key or IAM's credentials; people come through "
            "signed links.",
        }.items():
            acknowledge(self, rule, reason)
