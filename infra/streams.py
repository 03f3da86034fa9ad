"""How a function consumes a table's stream: in order per key, retried for a day, and what fails for good is kept."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs


def consume(
    function: lambda_.Function, table: dynamodb.Table, *, pattern: Mapping[str, Any], dead_letters: sqs.Queue
) -> None:
    """Invokes the function with what the table's stream holds that fits the pattern.

    pattern: of the records' `dynamodb` part, https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
    The function answers which records failed; they come again with those behind them, until they are a day old.
    """
    function.add_event_source(
        sources.DynamoEventSource(
            table,
            # What was written while the mapping was made anew counts too; consumers bear repetition.
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=10,
            parallelization_factor=10,
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            max_record_age=cdk.Duration.hours(24),
            on_failure=sources.SqsDlq(dead_letters),
            filters=[lambda_.FilterCriteria.filter({"dynamodb": pattern})],
        )
    )
