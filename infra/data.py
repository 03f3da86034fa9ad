"""What one workflow keeps: its tables, and the queue of events in front of it."""

from functools import cached_property

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.queues import consumed_queue, dead_letter_queue
from infra.stage import Stage

EVENT_TIMEOUT = cdk.Duration.seconds(30)
_EVENT_TRIES = 3


class DataStack(cdk.Stack):
    """It stands apart from the workflow's Lambdas, so that it outlives these."""

    def __init__(self, scope: Construct, workflow: str, stage: Stage) -> None:
        super().__init__(
            scope,
            f"{workflow}-data-{stage.name}",
            description=f"Tables and queues of workflow {workflow} of stage {stage.name}",
            synthesizer=stage.synthesizer(),
            termination_protection=stage.retain_data,
        )
        self._workflow, self._stage = workflow, stage

    @cached_property
    def dead_events(self) -> sqs.Queue:
        """Events that could start no session, with the reason where it is known."""
        return dead_letter_queue(self, f"{self._workflow}-events-dead", self._stage)

    @cached_property
    def event_queue(self) -> sqs.Queue:
        """The queue in front of the workflow.

        A queue, and not the Lambda itself: it tries again for as long as a Lambda may be throttled or broken, and what
        fails for good is kept with it.
        """
        return consumed_queue(
            self,
            f"{self._workflow}-events",
            self._stage,
            self.dead_events,
            timeout=EVENT_TIMEOUT,
            tries=_EVENT_TRIES,
        )

    def queue_events(self, pattern: events.EventPattern, bus: events.IEventBus | None) -> None:
        """Has these events wait in the queue: of a bus of the platform's, or else of AWS's own services."""
        events.Rule(
            self,
            "Events" if bus else "AwsEvents",
            event_bus=bus,
            event_pattern=pattern,
            targets=[targets.SqsQueue(self.event_queue, dead_letter_queue=self.dead_events)],
        )
