"""A function alone in a stack, and what it was given."""

from functools import cache

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from infra.stage import Stage
from tests.infra.synth import Deployment, Json

_TIMEOUT = cdk.Duration.seconds(60)


def function_of(stage: Stage) -> lambda_.Function:
    """A function of this stage that may do nothing yet."""
    stack = cdk.Stack(cdk.App(), f"alone-{stage.name}")
    return lambda_.Function(
        stack,
        "Function",
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        role=iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")),
        timeout=_TIMEOUT,
    )


def grants_of(function: lambda_.Function) -> set[tuple[str, str]]:
    """What it may do, as (action, resource)."""
    deployment = _deployment(function)
    [role] = deployment.roles()
    return deployment.grants(role)


def variables_of(function: lambda_.Function) -> Json:
    """Its environment."""
    [(_, properties)] = _deployment(function).resources("AWS::Lambda::Function")
    found: Json = properties["Environment"]["Variables"]
    return found


@cache
def _deployment(function: lambda_.Function) -> Deployment:
    stack = cdk.Stack.of(function)
    return Deployment("dev", {stack.stack_name: dict(Template.from_stack(stack).to_json())})
