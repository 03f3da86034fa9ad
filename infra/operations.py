"""What no workflow owns: the Lambdas that keep session records true, and who is told when something is wrong."""

import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.convention import Workflow
from infra.lambdas import LambdaPackage, acknowledge, allow
from infra.monitoring import Monitoring
from infra.stage import Stage
from infra.stateful import OPEN_SESSIONS_INDEX, StatefulStack

_TIMEOUT = cdk.Duration.seconds(60)


class OperationsStack(cdk.Stack):
    """Watches every state machine of its stage. It knows them by name, so it waits for no workflow's stack."""

    def __init__(
        self, scope: Construct, *, workflows: list[Workflow], stage: Stage, stateful: StatefulStack, root: Path
    ) -> None:
        super().__init__(
            scope,
            f"operations-{stage.name}",
            description=f"Reconciliation, sweep, alarms and dashboard of stage {stage.name}",
            synthesizer=stage.synthesizer(),
        )
        self._workflows = [workflow.name for workflow in workflows]
        self._settings = stage
        self._sessions = stateful.sessions
        self._package = LambdaPackage(self, "operations", root=root, stage=stage)
        acknowledge(self._package, "Serverless-LambdaDLQ", "What fails for good goes to the on-failure destination.")
        for name in self._workflows:
            acknowledge(
                self._package,
                "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:"
                f"execution:{self._machine(name)}:*]",
                "Executions are named as they start; these are the executions of one state machine.",
            )
        self._dead_letters = self._queue()
        reconcile, sweep = self._reconcile_session(), self._sweep_sessions()
        Monitoring(
            self,
            stage=stage,
            workflows=workflows,
            machines={name: self._machine_arn(name) for name in self._workflows},
            functions={"reconcile-session": reconcile, "sweep-sessions": sweep},
            dead_letters=self._dead_letters,
        )

    def _queue(self) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "DeadLetters",
            queue_name=f"dead-letters-{self._settings.name}",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        acknowledge(queue, "AwsSolutions-SQS3", "It is a dead-letter queue; an alarm watches it.")
        acknowledge(queue, "Serverless-SQSRedrivePolicy", "It is a dead-letter queue; an alarm watches it.")
        return queue

    def _reconcile_session(self) -> lambda_.Function:
        """Writes what became of an execution that ended badly into its session's record."""
        function = self._function("reconcile_session", {})
        allow(
            function,
            ["dynamodb:PutItem", "dynamodb:UpdateItem"],
            self._sessions.table_arn,
        )
        events.Rule(
            self,
            "ExecutionEndedBadly",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                    "stateMachineArn": [self._machine_arn(name) for name in self._workflows],
                },
            ),
            targets=[self._target(function)],
        )
        return function

    def _sweep_sessions(self) -> lambda_.Function:
        """Looks at sessions nothing was heard of for a while: status events are sent on a best-effort basis."""
        function = self._function(
            "sweep_sessions",
            {
                "WORKFLOWS": json.dumps(self._workflows),
                "STALE_AFTER_SECONDS": str(self._settings.stale_after_seconds),
            },
        )
        allow(
            function,
            ["dynamodb:GetItem", "dynamodb:UpdateItem"],
            self._sessions.table_arn,
        )
        allow(function, ["dynamodb:Query"], f"{self._sessions.table_arn}/index/{OPEN_SESSIONS_INDEX}")
        events.Rule(
            self,
            "SweepSchedule",
            schedule=events.Schedule.rate(cdk.Duration.minutes(self._settings.sweep_minutes)),
            targets=[self._target(function)],
        )
        return function

    def _function(self, module: str, environment: dict[str, str]) -> lambda_.Function:
        function = self._package.function(
            module,
            name=module.replace("_", "-"),
            service="operations",
            timeout=_TIMEOUT,
            environment={"SESSIONS_TABLE": self._sessions.table_name, **environment},
            on_failure=destinations.SqsDestination(self._dead_letters),
        )
        allow(function, ["states:DescribeExecution"], *(self._executions_arn(name) for name in self._workflows))
        return function

    def _target(self, function: lambda_.Function) -> targets.LambdaFunction:
        """Retried for as long as the truth is of use; what cannot be delivered is kept."""
        return targets.LambdaFunction(
            function,
            dead_letter_queue=self._dead_letters,
            retry_attempts=10,
            max_event_age=cdk.Duration.hours(1),
        )

    def _machine(self, workflow: str) -> str:
        return f"{workflow}-{self._settings.name}"

    def _executions_arn(self, workflow: str) -> str:
        return self._arn("execution", f"{self._machine(workflow)}:*")

    def _machine_arn(self, workflow: str) -> str:
        return self._arn("stateMachine", self._machine(workflow))

    def _arn(self, resource: str, name: str) -> str:
        return self.format_arn(
            service="states",
            resource=resource,
            resource_name=name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
