"""What no workflow owns: the Lambdas that keep session records true, that deliver decisions, notifications and parked
results, and who is told when something is wrong.
"""

import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.convention import Workflow
from infra.grants import allow, allow_deliveries, allow_on_executions, allow_table
from infra.lambdas import LambdaPackage, acknowledge
from infra.monitoring import Monitoring
from infra.queues import consume_queue
from infra.stage import Stage
from infra.stateful import DELIVERY_TIMEOUT, NOTIFICATION_TIMEOUT, OPEN_SESSIONS_INDEX, StatefulStack
from infra.streams import consume

_TIMEOUT = cdk.Duration.seconds(60)
_AUDIENCES = ("approvers", "customers", "members")


class OperationsStack(cdk.Stack):
    """Watches every state machine of its stage. It knows them by name, so it waits for no workflow's stack."""

    def __init__(
        self, scope: Construct, *, workflows: list[Workflow], stage: Stage, stateful: StatefulStack, root: Path
    ) -> None:
        super().__init__(
            scope,
            f"operations-{stage.name}",
            description=f"Reconciliation, sweep, deliveries, alarms and dashboard of stage {stage.name}",
            synthesizer=stage.synthesizer(),
        )
        self._workflows = [workflow.name for workflow in workflows]
        self._settings = stage
        self._stateful = stateful
        self._package = LambdaPackage(self, "operations", root=root, stage=stage)
        acknowledge(self._package, "Serverless-LambdaDLQ", "What fails for good goes to the on-failure destination.")
        # By its ARN: else the CDK would name this stack's rules in the queue's policy, in a stack that comes first.
        self._rules_dead_letters = sqs.Queue.from_queue_arn(
            self, "DeadLetters", self.format_arn(service="sqs", resource=f"dead-letters-{stage.name}")
        )
        functions = {
            "reconcile-session": self._reconcile_session(),
            "sweep-sessions": self._sweep_sessions(),
            "deliver-decision": self._deliver_decision(),
            "send-notification": self._send_notification(),
            "redeliver-result": self._redeliver_result(),
        }
        Monitoring(
            self,
            stage=stage,
            workflows=workflows,
            machines={name: stage.machine_arn(self, name) for name in self._workflows},
            functions=functions,
            stateful=stateful,
        )

    def _reconcile_session(self) -> lambda_.Function:
        """Writes what became of an execution that ended badly into its session's record."""
        function = self._watching("reconcile_session", {})
        allow(function, ["dynamodb:PutItem", "dynamodb:UpdateItem"], self._stateful.sessions.table_arn)
        events.Rule(
            self,
            "ExecutionEndedBadly",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                    "stateMachineArn": [self._settings.machine_arn(self, name) for name in self._workflows],
                },
            ),
            targets=[self._target(function)],
        )
        return function

    def _sweep_sessions(self) -> lambda_.Function:
        """Looks at sessions nothing was heard of for a while: status events are sent on a best-effort basis."""
        function = self._watching(
            "sweep_sessions",
            {
                "WORKFLOWS": json.dumps(self._workflows),
                "STALE_AFTER_SECONDS": str(self._settings.stale_after_seconds),
            },
        )
        sessions = self._stateful.sessions.table_arn
        allow(function, ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], sessions)
        allow(function, ["dynamodb:Query"], f"{sessions}/index/{OPEN_SESSIONS_INDEX}")
        events.Rule(
            self,
            "SweepSchedule",
            schedule=events.Schedule.rate(cdk.Duration.minutes(self._settings.sweep_minutes)),
            targets=[self._target(function)],
        )
        return function

    def _deliver_decision(self) -> lambda_.Function:
        """Tells a machine what was decided; nothing else may."""
        function = self._function("deliver_decision", {}, timeout=_TIMEOUT)
        allow(function, ["dynamodb:GetItem", "dynamodb:UpdateItem"], self._stateful.sessions.table_arn)
        allow_table(function, "CALLBACKS_TABLE", self._stateful.callbacks, "GetItem", "UpdateItem")
        allow_table(function, "STEPS_TABLE", self._stateful.steps, "PutItem")
        machines = [self._settings.machine_arn(self, name) for name in self._workflows]
        allow(function, ["states:SendTaskSuccess"], *machines)
        consume(
            function,
            self._stateful.callbacks,
            pattern={"NewImage": {"status": {"S": ["decided"]}}},
            dead_letters=self._stateful.dead_letters,
        )
        return function

    def _send_notification(self) -> lambda_.Function:
        """Publishes what is queued; the queue tries again what fails, and parks it in the end."""
        topics = {audience: self._topic(audience) for audience in _AUDIENCES}
        function = self._function(
            "send_notification",
            {f"{audience.upper()}_TOPIC": topic.topic_arn for audience, topic in topics.items()},
            timeout=NOTIFICATION_TIMEOUT,
        )
        allow(function, ["sns:Publish"], *(topic.topic_arn for topic in topics.values()))
        consume_queue(function, self._stateful.notifications, batch_size=5)
        return function

    def _redeliver_result(self) -> lambda_.Function:
        """Sends results that were parked once more; the queue parks again what fails."""
        function = self._function("redeliver_result", {}, timeout=DELIVERY_TIMEOUT)
        allow(function, ["dynamodb:GetItem", "dynamodb:UpdateItem"], self._stateful.sessions.table_arn)
        allow_deliveries(function, self._settings)
        consume_queue(function, self._stateful.deliveries, batch_size=1)  # one slow receiver takes most of the timeout
        return function

    def _topic(self, audience: str) -> sns.Topic:
        return sns.Topic(self, audience.capitalize(), topic_name=f"{audience}-{self._settings.name}", enforce_ssl=True)

    def _watching(self, module: str, environment: dict[str, str]) -> lambda_.Function:
        """A function that events invoke, and that may ask how an execution is."""
        function = self._function(
            module,
            environment,
            timeout=_TIMEOUT,
            on_failure=destinations.SqsDestination(self._stateful.dead_letters),
        )
        allow_on_executions(function, ["states:DescribeExecution"], self._workflows, self._settings)
        return function

    def _function(
        self,
        module: str,
        environment: dict[str, str],
        *,
        timeout: cdk.Duration,
        on_failure: lambda_.IDestination | None = None,
    ) -> lambda_.Function:
        return self._package.function(
            module,
            name=module.replace("_", "-"),
            service="operations",
            timeout=timeout,
            environment={"SESSIONS_TABLE": self._stateful.sessions.table_name, **environment},
            on_failure=on_failure,
        )

    def _target(self, function: lambda_.Function) -> targets.LambdaFunction:
        """Retried for as long as the truth is of use; what cannot be delivered is kept."""
        return targets.LambdaFunction(
            function,
            dead_letter_queue=self._rules_dead_letters,
            retry_attempts=10,
            max_event_age=cdk.Duration.hours(1),
        )
