"""Queues as this app makes them: encrypted, over TLS only, for 14 days; what is consumed has a dead-letter queue."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.lambdas import acknowledge
from infra.stage import Stage


def dead_letter_queue(scope: Construct, name: str, stage: Stage, *, fifo: bool = False) -> sqs.Queue:
    """The queue `<name>-<stage>`, from which only people take; an alarm watches it."""
    queue = _queue(scope, name, stage, fifo=fifo)
    acknowledge(queue, "AwsSolutions-SQS3", "It is a dead-letter queue; an alarm watches it.")
    acknowledge(queue, "Serverless-SQSRedrivePolicy", "It is a dead-letter queue; an alarm watches it.")
    return queue


def consumed_queue(
    scope: Construct,
    name: str,
    stage: Stage,
    dead: sqs.Queue,
    *,
    timeout: cdk.Duration,
    tries: int,
    fifo: bool = False,
) -> sqs.Queue:
    """A queue whose messages a Lambda with this timeout is given, and which parks what failed so many times."""
    return _queue(
        scope,
        name,
        stage,
        fifo=fifo,
        # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html asks for six times the timeout.
        visibility_timeout=cdk.Duration.seconds(6 * timeout.to_seconds()),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=tries),
    )


def consume_queue(function: lambda_.Function, queue: sqs.Queue, *, batch_size: int) -> None:
    """Invokes the function with the queue's messages; it answers which are to be sent again."""
    acknowledge(
        function,
        "Serverless-LambdaEventSourceMappingDestination",
        "An SQS source knows none: the queue's own dead-letter queue takes what fails.",
    )
    function.add_event_source(sources.SqsEventSource(queue, batch_size=batch_size, report_batch_item_failures=True))


def _queue(scope: Construct, name: str, stage: Stage, *, fifo: bool, **more: Any) -> sqs.Queue:
    return sqs.Queue(
        scope,
        "".join(word.capitalize() for word in name.split("-")),
        queue_name=f"{name}-{stage.name}{'.fifo' if fifo else ''}",
        fifo=fifo or None,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(14),
        removal_policy=stage.removal_policy,
        **more,
    )
