"""What every test stands on: settings of a stage named `test`, AWS credentials that open nothing, fresh clients."""

from collections.abc import Iterator

import pytest

from local.cloud import Cloud, free_port
from local.deploy import deploy
from tests.support.quick_moto import quicken
from tests.support.tables import forget_settings, fresh_tables

quicken()

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "STAGE": "test",
    "SESSIONS_TABLE": "sessions-test",
    "STEPS_TABLE": "steps-test",
    "RESULTS_TABLE": "results-test",
    "CALLBACKS_TABLE": "callbacks-test",
    "API_URL_PARAMETER": "/durable-workflows/test/api-url",
    "APPROVALS_SECRET": "approvals-test",
    "WEBHOOKS_SECRET": "webhooks-test",
    "NOTIFICATIONS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/notifications-test.fifo",
    "RECIPE_PROVIDER": "catalog",
    "PRICE_PROVIDER": "catalog",
    "ORDERS_TABLE": "orders-test",
    "INVENTORY_TABLE": "inventory-test",
    "PAYMENTS_TABLE": "payments-test",
    "PAYMENT_PROVIDER": "sandbox",
    "CHARGE_SECONDS": "20",
    "APPROVAL_LIMITS": '{"USD": 1000}',
    "APPROVAL_SECONDS": "3600",
    "APPROVERS": '["ann"]',
    "CALLBACK_ORIGINS": '["https://partner.example.com", "http://localhost:*", "http://127.0.0.1:*"]',
    "DELIVERIES_SECRET": "deliveries-test",
    "DEAD_DELIVERIES_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/deliveries-dead-test",
    "PROFILES_TABLE": "profiles-test",
    "REVIEW_SECONDS": "60",
    "PRACTICES_TABLE": "practices-test",
    "SKILL_PROFILES_TABLE": "skill-profiles-test",
    "EVENT_BUS": "platform-test",
    "EVENTS_DEAD_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/skill-sync-events-dead-test",
    "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:skill-sync-test",
    "RESPONSE_SECONDS": "3600",
    "MODERATORS": '["mod"]',
    "MODERATION_SECONDS": "3600",
    "REVISION_SECONDS": "3600",
    "REVIEWS_TABLE": "reviews-test",
    "COURSE_RANKINGS_TABLE": "course-rankings-test",
    "BANNED_WORDS": '["rubbish"]',
    "START_QUEUES": '{"novel-analysis": "https://sqs.us-east-1.amazonaws.com/123456789012/novel-analysis-events-test"}',
    "FILES_BUCKET": "files-test",
    "ANALYSIS_PROVIDER": "local",
    "FAILED_SHARE": "0.5",
    "LONGEST_WAIT_SECONDS": "25920000",
    "VENDOR_SECRET": "matching-vendor-test",
    "VENDOR_URL_PARAMETER": "/durable-workflows/test/matching-vendor-url",
    "POWERTOOLS_METRICS_NAMESPACE": "DurableWorkflows",
    "POWERTOOLS_SERVICE_NAME": "test",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The Lambdas' environment, with settings and parameters read anew; clients are good for any mock."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    forget_settings()
    yield monkeypatch
    forget_settings()


@pytest.fixture
def tables(environment: pytest.MonkeyPatch) -> Iterator[None]:
    """The three tables, empty, in moto."""
    with fresh_tables():
        yield


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The local cloud as people start it, one for all tests of a process. Those that use it carry an `xdist_group`:
    "e2e", or else "local_cloud", so that a run starts two and no more.
    """
    cloud = Cloud(tmp_path_factory.mktemp("cloud"))
    with pytest.MonkeyPatch.context() as caller:
        caller.setenv("AWS_PROFILE", "of-the-caller")  # must not reach it
        cloud.start(free_port())
    yield cloud
    cloud.stop()


@pytest.fixture(scope="session")
def deployed_cloud(local_cloud: Cloud) -> Cloud:
    """The local cloud with the app deployed to it."""
    deploy(local_cloud)
    return local_cloud
