"""The stack of a workflow: its Lambdas and its state machine, all by convention."""

from pathlib import Path
from typing import ClassVar

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.convention import Step, Workflow
from infra.errors import ConfigurationError
from infra.lambdas import LambdaPackage, acknowledge, allow
from infra.stage import Stage
from infra.stateful import StatefulStack


class WorkflowStack(cdk.Stack):
    """A workflow's base stack. Every step may do what its part in a session's life needs:

    - all: update the session record; the first step also creates it;
    - a step that ends the session: read and write its result;
    - a step between: read and write its stored output (the first one's is computed again).

    A subclass in infra/workflows/ names the steps that end the session, and adds in `configure` what else its steps
    may touch, and their settings.
    """

    ends_session: ClassVar[tuple[str, ...]]

    def __init__(
        self, scope: Construct, *, workflow: Workflow, stage: Stage, stateful: StatefulStack, root: Path
    ) -> None:
        super().__init__(
            scope,
            f"{workflow.name}-{stage.name}",
            description=f"Workflow {workflow.name} of stage {stage.name}",
            synthesizer=stage.synthesizer(),
        )
        self.workflow = workflow
        self.settings = stage
        self._stateful = stateful
        package = LambdaPackage(self, workflow.package, root=root, stage=stage)
        acknowledge(
            package,
            "Serverless-LambdaDLQ",
            "Step Functions invokes them synchronously and retries by itself; only asynchronous calls reach a DLQ.",
        )
        self._functions = {step.name: self._function(package, step) for step in workflow.steps}
        for name in self.ends_session:
            self.step(name)
        for name, function in self._functions.items():
            self._grant_session(name, function)
        self.configure()
        machine = self._state_machine()
        cdk.CfnOutput(self, "StateMachineArn", value=machine.state_machine_arn)

    def configure(self) -> None:
        """What steps of this workflow touch beyond the session, and their settings: nothing, unless overridden."""

    def step(self, name: str) -> lambda_.Function:
        """The function of the step that the ASL calls `${name}`. Raises ConfigurationError when it calls none so."""
        if name not in self._functions:
            raise ConfigurationError(
                f"infra/workflows/{self.workflow.package}.py names the step {name}, which "
                f"statemachines/{self.workflow.name}.asl.json does not call; its steps: {', '.join(self._functions)}"
            )
        return self._functions[name]

    def _function(self, package: LambdaPackage, step: Step) -> lambda_.Function:
        return package.function(
            step.module,
            name=f"{self.workflow.name}-{step.slug}",
            service=self.workflow.name,
            timeout=cdk.Duration.seconds(step.timeout_seconds),
            environment={"SESSIONS_TABLE": self._stateful.sessions.table_name},
        )

    def _grant_session(self, name: str, function: lambda_.Function) -> None:
        first = name == self.workflow.first_step
        creating = ["dynamodb:PutItem"] if first else []
        allow(function, ["dynamodb:UpdateItem", *creating], self._stateful.sessions.table_arn)
        if name in self.ends_session:
            function.add_environment("RESULTS_TABLE", self._stateful.results.table_name)
            allow(function, ["dynamodb:GetItem", "dynamodb:PutItem"], self._stateful.results.table_arn)
        elif not first:
            function.add_environment("STEPS_TABLE", self._stateful.steps.table_name)
            allow(function, ["dynamodb:GetItem", "dynamodb:PutItem"], self._stateful.steps.table_arn)

    def _state_machine(self) -> sfn.StateMachine:
        name = f"{self.workflow.name}-{self.settings.name}"
        role = iam.Role(self, "StateMachineRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        # `grant_invoke` would add every version and alias.
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[function.function_arn for function in self._functions.values()],
            )
        )
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "X-Ray and the log delivery API (vended logs) know no resources; the log group is named in the machine.",
        )
        return sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            state_machine_type=sfn.StateMachineType.STANDARD,
            # As text, not as a file asset: then the template shows it.
            definition_body=sfn.DefinitionBody.from_string(self.workflow.definition),
            definition_substitutions={step: f.function_arn for step, f in self._functions.items()},
            role=role,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self,
                    "StateMachineLogs",
                    # This prefix keeps the policy of log deliveries from outgrowing its limit:
                    # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
                    log_group_name=f"/aws/vendedlogs/states/{name}",
                    retention=self.settings.log_retention,
                    removal_policy=cdk.RemovalPolicy.DESTROY,
                ),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,  # inputs are personal, and task tokens are keys
            ),
            tracing_enabled=True,
        )
