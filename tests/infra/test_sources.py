"""What invokes the Lambdas that no state machine and no route calls: streams and queues, with their filters."""

import json
from typing import Any

from core.record import ENDED, Status
from infra.app import ROOT
from infra.convention import discover
from tests.infra.synth import Deployment

COMPENSATING = [workflow.name for workflow in discover(ROOT) if workflow.compensates]
STARTED_BY_EVENTS = [workflow.name for workflow in discover(ROOT) if workflow.starts]


def sources(deployment: Deployment) -> dict[str, Any]:
    return {source["FunctionName"]: source for _, source in deployment.resources("AWS::Lambda::EventSourceMapping")}


def pattern(source: Any) -> Any:
    [only] = source["FilterCriteria"]["Filters"]
    return json.loads(only["Pattern"])


def test_only_compensations_starts_and_deliveries_have_event_sources(deployment: Deployment) -> None:
    stage = deployment.stage
    compensations = {f"{workflow}-compensate-{stage}" for workflow in COMPENSATING}
    starts = {f"{workflow}-start-{stage}" for workflow in STARTED_BY_EVENTS}
    assert sources(deployment).keys() == compensations | starts | {
        f"{name}-{stage}" for name in ("deliver-decision", "send-notification", "redeliver-result", "push-progress")
    }


def test_a_compensation_runs_as_a_session_of_its_workflow_ends_badly_and_not_for_what_it_writes_itself(
    deployment: Deployment,
) -> None:
    for workflow in COMPENSATING:
        source = sources(deployment)[f"{workflow}-compensate-{deployment.stage}"]
        assert source["EventSourceArn"] == f"stream/sessions-{deployment.stage}"
        images = pattern(source)["dynamodb"]
        assert images["NewImage"] == {"workflow": {"S": [workflow]}, "status": {"S": ["failed", "cancelled"]}}
        assert images["OldImage"].keys() == {"status"}
        assert set(images["OldImage"]["status"]["S"]) == set(Status) - ENDED


def test_a_decision_is_delivered_once_it_is_committed(deployment: Deployment) -> None:
    source = sources(deployment)[f"deliver-decision-{deployment.stage}"]
    assert source["EventSourceArn"] == f"stream/callbacks-{deployment.stage}"
    assert pattern(source) == {"dynamodb": {"NewImage": {"status": {"S": ["decided"]}}}}


def test_streams_have_the_images_that_their_consumers_filter_by(deployment: Deployment) -> None:
    views = {
        table["TableName"]: table["StreamSpecification"]["StreamViewType"]
        for _, table in deployment.resources("AWS::DynamoDB::Table")
        if "StreamSpecification" in table
    }
    stage = deployment.stage
    assert views == {f"sessions-{stage}": "NEW_AND_OLD_IMAGES", f"callbacks-{stage}": "NEW_IMAGE"}


def test_what_a_streams_consumer_fails_with_comes_again_for_a_day_and_is_then_kept(deployment: Deployment) -> None:
    for source in sources(deployment).values():
        if not source["EventSourceArn"].startswith("stream/"):
            continue
        assert source["StartingPosition"] == "TRIM_HORIZON"
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["BisectBatchOnFunctionError"] is True
        assert source["MaximumRecordAgeInSeconds"] == 24 * 60 * 60
        assert "MaximumRetryAttempts" not in source
        assert source["ParallelizationFactor"] == 10
        assert source["DestinationConfig"] == {"OnFailure": {"Destination": f"queue/dead-letters-{deployment.stage}"}}


def test_notifications_are_sent_in_order_tried_five_times_and_then_kept(deployment: Deployment) -> None:
    stage = deployment.stage
    source = sources(deployment)[f"send-notification-{stage}"]
    assert source["EventSourceArn"] == f"queue/notifications-{stage}.fifo"
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    queue = deployment.named("AWS::SQS::Queue", f"notifications-{stage}.fifo")
    assert queue["FifoQueue"] is True
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": f"queue/notifications-dead-{stage}.fifo",
        "maxReceiveCount": 5,
    }
    timeout = deployment.functions()[f"send-notification-{stage}"]["Timeout"]
    assert queue["VisibilityTimeout"] >= 6 * timeout


def test_results_that_were_redriven_are_sent_alone_tried_three_times_and_then_parked_again(
    deployment: Deployment,
) -> None:
    stage = deployment.stage
    source = sources(deployment)[f"redeliver-result-{stage}"]
    assert (source["EventSourceArn"], source["BatchSize"]) == (f"queue/deliveries-{stage}", 1)
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    queue = deployment.named("AWS::SQS::Queue", f"deliveries-{stage}")
    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": f"queue/deliveries-dead-{stage}", "maxReceiveCount": 3}
    assert queue["VisibilityTimeout"] >= 6 * deployment.functions()[f"redeliver-result-{stage}"]["Timeout"]


def test_events_wait_in_a_queue_that_tries_three_times_and_keeps_what_failed(deployment: Deployment) -> None:
    stage = deployment.stage
    for workflow in STARTED_BY_EVENTS:
        source = sources(deployment)[f"{workflow}-start-{stage}"]
        assert source["EventSourceArn"] == f"queue/{workflow}-events-{stage}"
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        queue = deployment.named("AWS::SQS::Queue", f"{workflow}-events-{stage}")
        dead = f"queue/{workflow}-events-dead-{stage}"
        assert queue["RedrivePolicy"] == {"deadLetterTargetArn": dead, "maxReceiveCount": 3}
        assert queue["VisibilityTimeout"] >= 6 * deployment.functions()[f"{workflow}-start-{stage}"]["Timeout"]


def test_practices_of_the_platform_come_by_the_stages_bus(deployment: Deployment) -> None:
    stage = deployment.stage
    [bus] = [bus for _, bus in deployment.resources("AWS::Events::EventBus")]
    assert bus["Name"] == f"platform-{stage}"
    [rule] = [rule for _, rule in deployment.resources("AWS::Events::Rule") if "EventBusName" in rule]
    assert rule["EventBusName"] == f"platform-{stage}"
    assert rule["EventPattern"] == {
        "source": ["snowboard-teaching"],
        "detail-type": ["snowboard.practice.completed"],
    }
    [target] = rule["Targets"]
    assert target["Arn"] == f"queue/skill-sync-events-{stage}"
    assert target["DeadLetterConfig"] == {"Arn": f"queue/skill-sync-events-dead-{stage}"}


def test_novels_that_land_in_the_stages_bucket_come_by_a_rule_of_their_own_and_uploads_by_none(
    deployment: Deployment,
) -> None:
    stage = deployment.stage
    rules = [
        rule for stack, rule in deployment.resources("AWS::Events::Rule") if stack == f"novel-analysis-data-{stage}"
    ]
    [rule] = rules
    assert "EventBusName" not in rule  # S3 knows only the account's own bus
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [f"files-{stage}-account-region"]},
            "object": {"key": [{"prefix": "novels/"}]},
        },
    }
    [target] = rule["Targets"]
    assert target["Arn"] == f"queue/novel-analysis-events-{stage}"
    assert target["DeadLetterConfig"] == {"Arn": f"queue/novel-analysis-events-dead-{stage}"}


def test_queues_are_encrypted_and_keep_what_nobody_took_for_two_weeks(deployment: Deployment) -> None:
    queues = [queue for _, queue in deployment.resources("AWS::SQS::Queue")]
    assert len(queues) == 5 + 2 * len(STARTED_BY_EVENTS)
    for queue in queues:
        assert queue["SqsManagedSseEnabled"] is True
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
