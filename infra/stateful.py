"""What outlives a deploy: the tables. People query them by names they can type."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.stage import Stage

OPEN_SESSIONS_INDEX = "open-sessions"


class StatefulStack(cdk.Stack):
    """sessions: the session records. steps: the outputs of steps that succeeded. results: what sessions came to."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        super().__init__(
            scope,
            f"stateful-{stage.name}",
            description=f"Sessions, step outputs and results of stage {stage.name}",
            synthesizer=stage.synthesizer(),
            termination_protection=stage.retain_data,
        )
        self._stage = stage
        self.sessions = self._table("sessions", sort_key=None, stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES)
        # Only records of sessions that have not ended carry `openWorkflow`, so the sweep reads nothing else.
        self.sessions.add_global_secondary_index(
            index_name=OPEN_SESSIONS_INDEX,
            partition_key=_string("openWorkflow"),
            sort_key=_string("createdAt"),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.steps = self._table("steps", sort_key="stepKey")
        self.results = self._table("results", sort_key=None)

    def _table(
        self, name: str, *, sort_key: str | None, stream: dynamodb.StreamViewType | None = None
    ) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            name.capitalize(),
            table_name=f"{name}-{self._stage.name}",
            partition_key=_string("sessionId"),
            sort_key=_string(sort_key) if sort_key else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="ttl",
            stream=stream,
            deletion_protection=self._stage.retain_data,
            removal_policy=self._stage.removal_policy,
        )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
