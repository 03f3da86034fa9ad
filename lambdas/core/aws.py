"""The one place that makes AWS clients (lazily, once per environment) and that names AWS's errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as Unreachable

from core.errors import AccessDenied, AwsUnavailable

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

# Bounded, so that a step still has time to write its error down before its own timeout.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 2},
    parameter_validation=False,  # a third of a call's processor time, for what types and the service check anyway
)

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html, and the states API's own.
_UNAVAILABLE = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403"})  # 403: of S3's HEAD, which has no words


@cache
def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_CONFIG)


@cache
def stepfunctions() -> "SFNClient":
    return boto3.client("stepfunctions", config=_CONFIG)


@cache
def s3() -> "S3Client":
    # Both of them for links and forms: these are to lead to the region's own address, for the one without a region
    # redirects for a new bucket's first hours, and no signature survives that.
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return boto3.client("s3", config=_CONFIG.merge(config))


@cache
def events() -> "EventBridgeClient":
    return boto3.client("events", config=_CONFIG)


@cache
def sqs() -> "SQSClient":
    return boto3.client("sqs", config=_CONFIG)


@cache
def sns(region: str | None = None) -> "SNSClient":
    """region: a topic's, where it is not the Lambda's own."""
    return boto3.client("sns", region_name=region, config=_CONFIG)


@cache
def bedrock(seconds: float) -> "BedrockRuntimeClient":
    """seconds: the longest that one request may take. It repeats none."""
    config = Config(read_timeout=seconds, retries={"mode": "standard", "total_max_attempts": 1})
    return boto3.client("bedrock-runtime", config=_CONFIG.merge(config))


@cache
def ssm() -> "SSMClient":
    return boto3.client("ssm", config=_CONFIG)


@cache
def secretsmanager() -> "SecretsManagerClient":
    return boto3.client("secretsmanager", config=_CONFIG)


@contextmanager
def named_errors() -> Iterator[None]:
    """Turns throttled, unreachable and denied AWS calls into AwsUnavailable and AccessDenied; lets others pass."""
    try:
        yield
    except (Unreachable, HTTPClientError) as error:
        raise AwsUnavailable(str(error)) from error
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if code in _DENIED:
            raise AccessDenied(f"{error.operation_name}: {message}") from error
        if code in _UNAVAILABLE or status >= 500:
            raise AwsUnavailable(f"{error.operation_name}: {code}: {message}") from error
        raise
