"""Tables as this app makes them: on demand, recoverable, forgetting by `ttl`, and kept where the stage keeps data."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.stage import Stage


def table(
    scope: Construct,
    name: str,
    stage: Stage,
    *,
    key: str,
    sort_key: str | None = None,
    stream: dynamodb.StreamViewType | None = None,
) -> dynamodb.Table:
    """The table `<name>-<stage>`; its keys are strings."""
    return dynamodb.Table(
        scope,
        "".join(word.capitalize() for word in name.split("-")),
        table_name=f"{name}-{stage.name}",
        partition_key=string(key),
        sort_key=string(sort_key) if sort_key else None,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute="ttl",
        stream=stream,
        deletion_protection=stage.retain_data,
        removal_policy=stage.removal_policy,
    )


def string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
