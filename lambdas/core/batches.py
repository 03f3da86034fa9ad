"""Batches of a stream or a queue: each record is looked at alone, and the source is told which are to be sent again.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, SqsFifoPartialProcessor

from core.aws import named_errors
from core.errors import NotYet
from core.observability import logger
from core.record import described
from core.rows import Json


def each_change(event: Json, handle: Callable[[Json], None]) -> Any:
    """Handles the changes of a DynamoDB stream. Answers with those that failed."""
    return _each(BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False), event, handle)


def each_change_in_order(event: Json, handle: Callable[[Json], None]) -> Any:
    """Handles the changes of a DynamoDB stream as each_change does, but none of an item that an earlier one failed of:
    after version 5 of a record has failed, 6 must not go before it.
    """
    failed: set[str] = set()

    def handled(change: Json) -> None:
        item = json.dumps(change["dynamodb"]["Keys"], sort_keys=True)
        if item in failed:
            raise NotYet("an earlier change of this item failed")
        try:
            handle(change)
        except Exception:
            failed.add(item)
            raise

    return each_change(event, handled)


def each_message(event: Json, handle: Callable[[Json], None]) -> Any:
    """Handles the messages of a queue. Answers with those that failed."""
    return _each(BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False), event, handle)


def each_message_in_order(event: Json, handle: Callable[[Json], None]) -> Any:
    """Handles the messages of a FIFO queue. Answers with the first that failed, and all after it."""
    processor = SqsFifoPartialProcessor()
    processor.raise_on_entire_batch_failure = False  # its error repeats each message's, which may hold what it was sent
    return _each(processor, event, handle)


def _each(processor: BatchProcessor, event: Json, handle: Callable[[Json], None]) -> Any:
    def handled(record: Any) -> None:  # the processor gives it by this name
        try:
            with named_errors():
                handle(record.raw_event)
        except NotYet as error:
            logger.info("comes later", extra={"reason": str(error)})
            raise
        except Exception as error:
            logger.error("record failed", extra={"error": described(error)})
            raise

    with processor(event["Records"], handled):
        processor.process()
    return processor.response()
