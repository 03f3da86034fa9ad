"""What the Lambdas of a local cloud logged."""

from datetime import UTC, datetime

import boto3

from local.cloud import Cloud

LINES = 200
PREFIX = "/aws/lambda/"
PLATFORM = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


def print_logs(cloud: Cloud) -> None:
    """Print the last 200 lines of all Lambdas in the order they were logged, and where the cloud's own log is.

    Raises LocalError when the cloud does not run.
    """
    for at, function, message in lambda_logs(cloud)[-LINES:]:
        print(f"{at:%H:%M:%S} {function}  {message}")
    print(f"The local cloud's own log: {cloud.log}")


def lambda_logs(cloud: Cloud) -> list[tuple[datetime, str, str]]:
    """What each Lambda logged itself: when (UTC), its name, the message; oldest first."""
    logs = boto3.client("logs", **cloud.connection())
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=PREFIX)
        for group in page["logGroups"]
    ]
    events = logs.get_paginator("filter_log_events")
    lines = [
        (
            datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
            group.removeprefix(PREFIX),
            event["message"].rstrip(),
        )
        for group in groups
        for page in events.paginate(logGroupName=group)
        for event in page["events"]
        if not event["message"].startswith(PLATFORM)
    ]
    return sorted(lines, key=lambda line: line[0])  # by time alone: a stack trace's lines share theirs
