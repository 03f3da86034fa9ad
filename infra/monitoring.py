"""Alarms, the topic people subscribe to, and the dashboard of one stage."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.convention import COMPENSATION, Workflow
from infra.lambdas import METRICS_NAMESPACE
from infra.stage import Stage
from infra.stateful import StatefulStack

_PERIOD = cdk.Duration.minutes(5)
_LATE = 15 * 60 * 1000  # milliseconds; a compensation waits for a charge that is running, which takes less


class Monitoring(Construct):
    """machines: the ARN of each state machine, by workflow. functions: those of operations, by name."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        workflows: list[Workflow],
        machines: Mapping[str, str],
        functions: Mapping[str, lambda_.Function],
        stateful: StatefulStack,
    ) -> None:
        super().__init__(scope, "Monitoring")
        self._stage = stage.name
        self._topic = self._alarms_topic()
        stale = self._own("StaleSessions", "operations", "Maximum")
        letters, notifications = _visible(stateful.dead_letters), _visible(stateful.dead_notifications)
        deliveries = _visible(stateful.dead_deliveries)
        for name, arn in machines.items():
            self._alarm(f"{name}-failed", _machine("ExecutionsFailed", arn), "Executions failed")
            self._alarm(f"{name}-timed-out", _machine("ExecutionsTimedOut", arn), "Executions timed out")
        self._alarm("stale-sessions", stale, "Session records no longer follow their executions")
        self._alarm("dead-letters", letters, "Events could not be delivered; their bodies say which")
        self._alarm("notifications-dead", notifications, "People could not be told; the bodies say whom of what")
        self._alarm("deliveries-dead", deliveries, "Results could not be delivered; redrive them once receivers are up")
        for name, function in functions.items():
            self._alarm(f"{name}-errors", function.metric_errors(period=_PERIOD), "Its log group says why")
        self._watch_streams(workflows)
        self._watch_events(workflows)
        for name in ("api", "api-iam"):
            self._alarm(f"{name}-errors", self._of_api("5XXError", name), "The API failed; its Lambdas' logs say why")
        dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=f"durable-workflows-{self._stage}")
        for workflow in workflows:
            dashboard.add_widgets(*self._workflow_widgets(workflow, machines[workflow.name]))
        dashboard.add_widgets(
            cloudwatch.GraphWidget(title="Stale sessions", left=[stale], width=12),
            cloudwatch.GraphWidget(title="Dead letters", left=[letters, notifications, deliveries], width=12),
        )

    def _watch_streams(self, workflows: list[Workflow]) -> None:
        """A consumer that fails tries again for a day before anything is given up; people hear of it at once."""
        consumers = [f"{workflow.name}-{COMPENSATION}" for workflow in workflows if workflow.compensates]
        for name in ("deliver-decision", "push-progress", *consumers):
            age = cloudwatch.Metric(
                namespace="AWS/Lambda",
                metric_name="IteratorAge",
                dimensions_map={"FunctionName": f"{name}-{self._stage}"},
                statistic="Maximum",
                period=_PERIOD,
            )
            self._alarm(f"{name}-late", age, "What it should do keeps failing; its log group says why", _LATE)

    def _watch_events(self, workflows: list[Workflow]) -> None:
        for name in (f"{workflow.name}-events-dead" for workflow in workflows if workflow.starts):
            waiting = cloudwatch.Metric(
                namespace="AWS/SQS",
                metric_name="ApproximateNumberOfMessagesVisible",
                dimensions_map={"QueueName": f"{name}-{self._stage}"},
                statistic="Maximum",
                period=_PERIOD,
            )
            self._alarm(name, waiting, "Events could start no session; the messages' reasons say why")

    def _of_api(self, metric: str, name: str) -> cloudwatch.Metric:
        """A metric that API Gateway writes:
        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
        """
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=metric,
            dimensions_map={"ApiName": f"{name}-{self._stage}", "Stage": self._stage},
            statistic="Sum",
            period=_PERIOD,
        )

    def _alarms_topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", topic_name=f"alarms-{self._stage}", enforce_ssl=True)
        # The SSL policy replaces the default one, and with it the alarms' right to publish.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        return topic

    def _alarm(self, name: str, metric: cloudwatch.IMetric, description: str, threshold: int = 1) -> None:
        alarm = cloudwatch.Alarm(
            self,
            "".join(word.capitalize() for word in name.split("-")),
            alarm_name=f"{name}-{self._stage}",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))

    def _workflow_widgets(self, workflow: Workflow, arn: str) -> list[cloudwatch.IWidget]:
        name, counted = workflow.name, ("Started", "Completed", "Failed", "Cancelled")
        sessions = [self._own(f"Sessions{what}", name, "Sum") for what in counted]
        steps = [self._own("StepDuration", name, "p90", step=step.name) for step in workflow.steps]
        return [
            cloudwatch.GraphWidget(title=f"{name}: sessions", left=[*sessions]),
            cloudwatch.GraphWidget(title=f"{name}: steps, p90 in ms", left=[*steps]),
            cloudwatch.GraphWidget(
                title=f"{name}: whole executions in ms",
                left=[_machine("ExecutionTime", arn, statistic) for statistic in ("p50", "p90", "p99")],
            ),
        ]

    def _own(self, metric: str, service: str, statistic: str, **more: str) -> cloudwatch.Metric:
        """A metric that the Lambdas write themselves."""
        return cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=metric,
            dimensions_map={"service": service, "stage": self._stage, **more},
            statistic=statistic,
            period=_PERIOD,
        )


def _machine(metric: str, arn: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """A metric that Step Functions writes: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"""
    return cloudwatch.Metric(
        namespace="AWS/States",
        metric_name=metric,
        dimensions_map={"StateMachineArn": arn},
        statistic=statistic,
        period=_PERIOD,
    )


def _visible(queue: sqs.Queue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum")
