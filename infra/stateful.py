"""What outlives a deploy: tables, secrets and queues. People query the tables by names they can type."""

import string as characters
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.lambdas import acknowledge
from infra.queues import consumed_queue, dead_letter_queue
from infra.stage import Stage
from infra.tables import string, table

OPEN_SESSIONS_INDEX = "open-sessions"
BY_WORKFLOW_INDEX = "by-workflow"
BY_OWNER_INDEX = "by-owner"

NOTIFICATION_TIMEOUT = cdk.Duration.seconds(30)
_NOTIFICATION_TRIES = 5
DELIVERY_TIMEOUT = cdk.Duration.seconds(30)
_DELIVERY_TRIES = 3
_FILES_DAYS = 90  # as long as the records of sessions that have ended


class StatefulStack(cdk.Stack):
    """What all workflows share.

    sessions: the session records. steps: the outputs of steps that succeeded. results: what sessions came to.
    callbacks: the questions that sessions wait on. notifications: what people are to be told, in each session's
    order. deliveries: results that are delivered again. dead_letters: events that nobody could handle;
    dead_notifications: what could not be told; dead_deliveries: results that no receiver took. bus: where events of the
    platform come from, and what workflows tell other systems goes to. files: texts, and what else is too large for
    records and states; core/files.py says what is where.
    Its secrets, `approvals-<stage>`, `webhooks-<stage>` and `deliveries-<stage>`, go by their names.
    """

    def __init__(self, scope: Construct, stage: Stage) -> None:
        super().__init__(
            scope,
            f"stateful-{stage.name}",
            description=f"Sessions, callbacks, results, secrets and queues of stage {stage.name}",
            synthesizer=stage.synthesizer(),
            termination_protection=stage.retain_data,
        )
        self._stage = stage
        self.sessions = self._sessions()
        self.steps = table(self, "steps", stage, key="sessionId", sort_key="stepKey")
        self.results = table(self, "results", stage, key="sessionId")
        self.callbacks = table(self, "callbacks", stage, key="callbackId", stream=dynamodb.StreamViewType.NEW_IMAGE)
        self._secret("Approvals", "approvals", "Signs the links with which people decide approvals", length=64)
        # With `whsec_` before it, it is a secret as Standard Webhooks has them: base64, here of 24 bytes.
        self._secret("Webhooks", "webhooks", "Signs what other systems answer", length=32)
        self._secret("DeliveriesSecret", "deliveries", "Signs results that are delivered to callers' URLs", length=32)
        self._secret("Progress", "progress", "Signs the tickets with which sessions are watched", length=64)
        self.dead_letters = dead_letter_queue(self, "dead-letters", stage)
        self._admit_rules()
        self.dead_notifications = dead_letter_queue(self, "notifications-dead", stage, fifo=True)
        # First in, first out: a message's id then keeps a repeated step from telling people twice.
        self.notifications = consumed_queue(
            self,
            "notifications",
            stage,
            self.dead_notifications,
            timeout=NOTIFICATION_TIMEOUT,
            tries=_NOTIFICATION_TRIES,
            fifo=True,
        )
        self.dead_deliveries = dead_letter_queue(self, "deliveries-dead", stage)
        # What people redrive from the dead-letter queue comes here, and goes back when it fails again.
        self.deliveries = consumed_queue(
            self, "deliveries", stage, self.dead_deliveries, timeout=DELIVERY_TIMEOUT, tries=_DELIVERY_TRIES
        )
        self.files = self._files()
        self.bus = events.EventBus(self, "Platform", event_bus_name=f"platform-{stage.name}")
        self.bus.apply_removal_policy(stage.removal_policy)  # its name is what the platform sends to

    def _sessions(self) -> dynamodb.Table:
        sessions = table(
            self, "sessions", self._stage, key="sessionId", stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES
        )
        # Only records of sessions that have not ended carry `openWorkflow`, so the sweep reads nothing else. No index
        # holds what changes while a session runs: a step's write costs none of them anything.
        for index, key in (
            (OPEN_SESSIONS_INDEX, "openWorkflow"),
            (BY_WORKFLOW_INDEX, "workflow"),
            (BY_OWNER_INDEX, "owner"),
        ):
            sessions.add_global_secondary_index(
                index_name=index,
                partition_key=string(key),
                sort_key=string("createdAt"),
                projection_type=dynamodb.ProjectionType.KEYS_ONLY,
            )
        return sessions

    def _files(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Files",
            bucket_name=self._stage.files_bucket,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[
                # What sessions need of it, they have copied, or can be given again; the novels are people's own.
                s3.LifecycleRule(prefix=prefix, expiration=cdk.Duration.days(_FILES_DAYS))
                for prefix in ("uploads/", "texts/", "work/", "storyboards/")
            ]
            + [s3.LifecycleRule(abort_incomplete_multipart_upload_after=cdk.Duration.days(1))],
            removal_policy=self._stage.removal_policy,
        )
        # By the property: the construct's own way is a Lambda that sets it.
        cast(s3.CfnBucket, bucket.node.default_child).add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )
        acknowledge(bucket, "AwsSolutions-S1", "Its callers are this app's Lambdas, whose logs tell of every request.")
        cdk.CfnOutput(self, "FilesBucket", value=bucket.bucket_name)
        return bucket

    def _secret(self, construct_id: str, name: str, description: str, *, length: int) -> None:
        secret = secretsmanager.Secret(
            self,
            construct_id,
            secret_name=f"{name}-{self._stage.name}",
            description=description,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=length, exclude_characters=characters.punctuation, include_space=False
            ),
            removal_policy=self._stage.removal_policy,
        )
        acknowledge(
            secret,
            "AwsSolutions-SMG4",
            "What was signed must stay valid until it expires, so a change needs a person who knows what is under way.",
        )

    def _admit_rules(self) -> None:
        """Lets the rules of this stage's operations park events here.

        By their names, for this stack comes before theirs.
        """
        rules = self.format_arn(service="events", resource="rule", resource_name=f"operations-{self._stage.name}-*")
        self.dead_letters.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.dead_letters.queue_arn],
                conditions={"ArnLike": {"aws:SourceArn": rules}},
            )
        )
