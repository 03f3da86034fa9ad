"""A workflow's state machine, with its role and its logs."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.convention import Workflow
from infra.lambdas import acknowledge
from infra.stage import Stage


def state_machine(
    scope: Construct, workflow: Workflow, stage: Stage, functions: Mapping[str, lambda_.Function]
) -> sfn.StateMachine:
    """The state machine `<workflow>-<stage>`, which may invoke its own Lambdas and nothing else.

    functions: by the step that the definition calls `${step}`.
    """
    name = f"{workflow.name}-{stage.name}"
    role = iam.Role(scope, "StateMachineRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    # `grant_invoke` would add every version and alias.
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["lambda:InvokeFunction"],
            resources=[function.function_arn for function in functions.values()],
        )
    )
    acknowledge(
        role,
        "AwsSolutions-IAM5[Resource::*]",
        "X-Ray and the log delivery API (vended logs) know no resources; the log group is named in the machine.",
    )
    return sfn.StateMachine(
        scope,
        "StateMachine",
        state_machine_name=name,
        state_machine_type=sfn.StateMachineType.STANDARD,
        # As text, not as a file asset: then the template shows it.
        definition_body=sfn.DefinitionBody.from_string(workflow.definition),
        definition_substitutions={step: f.function_arn for step, f in functions.items()},
        role=role,
        logs=sfn.LogOptions(
            destination=logs.LogGroup(
                scope,
                "StateMachineLogs",
                # This prefix keeps the policy of log deliveries from outgrowing its limit:
                # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
                log_group_name=f"/aws/vendedlogs/states/{name}",
                retention=stage.log_retention,
                removal_policy=cdk.RemovalPolicy.DESTROY,
            ),
            level=sfn.LogLevel.ALL,
            include_execution_data=False,  # inputs are personal, and task tokens are keys
        ),
        tracing_enabled=True,
    )
