"""The WebSocket API that pushes progress: who may connect, what its Lambdas may do, and what its log does not hold."""

import json
import math
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from infra.app import ROOT
from infra.errors import ConfigurationError
from infra.progress import ProgressStack
from infra.stage import stage_of
from infra.stateful import StatefulStack
from progress import push_progress, sockets, subscribing
from tests.infra.synth import Deployment, context
from tests.infra.test_grants import (
    TRACING,
    Grants,
    dead_letters,
    on_stream,
    on_table,
    own_logs,
    reading_parameter,
    reading_secret,
)

API = "AWS::ApiGatewayV2::Api"
TOPIC = "arn:aws:sns:us-east-1:123456789012:progress.fifo"
LAMBDAS = ("authorize-watcher", "admit-watcher", "answer-watcher", "forget-watcher", "push-progress")


def reaching_clients(deployment: Deployment, *methods: str) -> Grants:
    [(api, _)] = [
        (name, resource)
        for name, resource in deployment.templates[f"progress-{deployment.stage}"]["Resources"].items()
        if resource["Type"] == API
    ]
    prefix = f"arn:aws:execute-api:region:account:{api}/{deployment.stage}"
    return {("execute-api:ManageConnections", f"{prefix}/{method}/@connections/*") for method in methods}


def test_each_lambda_may_do_its_part_and_nothing_else(deployment: Deployment) -> None:
    stage = deployment.stage
    table, url = f"connections-{stage}", reading_parameter(stage, "progress-url")
    watching = on_table(table, "Query", "PutItem", "UpdateItem", "DeleteItem") | url
    expected = {
        "authorize-watcher": reading_secret(f"progress-{stage}"),
        "admit-watcher": reading_secret(f"progress-{stage}") | on_table(table, "PutItem"),
        "answer-watcher": watching
        | on_table(table, "GetItem")
        | on_table(f"sessions-{stage}", "GetItem")
        | reaching_clients(deployment, "POST"),
        "forget-watcher": on_table(table, "DeleteItem"),
        "push-progress": watching
        | reaching_clients(deployment, "POST", "DELETE")
        | {("events:PutEvents", f"bus/platform-{stage}")}
        | on_stream(f"sessions-{stage}")
        | dead_letters(stage),
    }
    for name in LAMBDAS:
        function = f"{name}-{stage}"
        role = deployment.functions()[function]["Role"]
        assert deployment.grants(role) == expected[name] | own_logs(function) | TRACING, name


def test_who_connects_needs_a_ticket_and_every_message_is_answered(deployment: Deployment) -> None:
    routes = {route["RouteKey"]: route for _, route in deployment.resources("AWS::ApiGatewayV2::Route")}
    assert routes.keys() == {"$connect", "$default", "$disconnect"}
    assert routes["$connect"]["AuthorizationType"] == "CUSTOM"
    [(_, authorizer)] = deployment.resources("AWS::ApiGatewayV2::Authorizer")
    assert authorizer["AuthorizerType"] == "REQUEST"
    assert authorizer["IdentitySource"] == ["route.request.querystring.ticket"]


def test_it_is_throttled_and_its_log_has_no_query_strings(deployment: Deployment) -> None:
    [(_, stage)] = deployment.resources("AWS::ApiGatewayV2::Stage")
    assert stage["StageName"] == deployment.stage
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    wanted = json.loads(stage["AccessLogSettings"]["Format"]).values()
    assert not any("query" in value.lower() or "path" in value.lower() for value in wanted)
    assert "logs//aws/apigateway/progress-" in stage["AccessLogSettings"]["DestinationArn"]


def test_every_version_of_a_record_comes_to_the_consumer_and_its_removal_does_not(deployment: Deployment) -> None:
    [source] = [
        source
        for _, source in deployment.resources("AWS::Lambda::EventSourceMapping")
        if source["FunctionName"].startswith("push-progress")
    ]
    assert source["EventSourceArn"] == f"stream/sessions-{deployment.stage}"
    [pattern] = [json.loads(each["Pattern"]) for each in source["FilterCriteria"]["Filters"]]
    assert pattern == {"dynamodb": {"NewImage": {"sessionId": {"S": [{"exists": True}]}}}}


def test_a_stream_has_no_more_consumers_than_it_serves(deployment: Deployment) -> None:
    """Two for each shard: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""
    sources = [source["EventSourceArn"] for _, source in deployment.resources("AWS::Lambda::EventSourceMapping")]
    assert sources.count(f"stream/sessions-{deployment.stage}") <= 2


def test_a_session_whose_watchers_all_hang_is_told_within_one_invocation(deployment: Deployment) -> None:
    """A push, and the end of its connection, are each a call that is tried so often, a second apart at most."""
    config: Any = sockets.CONFIG
    attempts = config.retries["total_max_attempts"]
    call = attempts * (config.connect_timeout + config.read_timeout) + (attempts - 1)
    rounds = math.ceil(subscribing.MOST_WATCHERS / push_progress.AT_ONCE)
    assert rounds * 2 * call == 100
    # What is left is for the table, the bus and the topic: some calls of 13 s at most (core/aws.py).
    assert deployment.functions()[f"push-progress-{deployment.stage}"]["Timeout"] >= 100 + 5 * 13


def test_who_is_connected_goes_with_the_stack_in_every_stage(deployment: Deployment) -> None:
    """A table that stayed, with its fixed name, would stand in the way of the stage's next deploy."""
    [table] = [
        resource
        for resource in deployment.templates[f"progress-{deployment.stage}"]["Resources"].values()
        if resource["Type"] == "AWS::DynamoDB::Table"
    ]
    assert table["Properties"]["TableName"] == f"connections-{deployment.stage}"
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Delete", "Delete")
    assert not {"DeletionProtectionEnabled", "PointInTimeRecoverySpecification"} & table["Properties"].keys()


def test_where_to_connect_is_told_by_a_parameter(deployment: Deployment) -> None:
    [(_, told)] = [
        (stack, parameter)
        for stack, parameter in deployment.resources("AWS::SSM::Parameter")
        if stack.startswith("progress-")
    ]
    assert told["Name"] == f"/durable-workflows/{deployment.stage}/progress-url"
    assert told["Value"].startswith("wss://")
    assert told["Value"].endswith(f"/{deployment.stage}")


def test_the_stage_s_topic_is_told_too_where_there_is_one(deployment: Deployment) -> None:
    variables = deployment.functions()[f"push-progress-{deployment.stage}"]["Environment"]["Variables"]
    assert "PROGRESS_TOPIC" not in variables
    app = cdk.App(context={**context(), "stage": deployment.stage})
    stage = stage_of(app).model_copy(update={"progress_topic": TOPIC})
    stack = ProgressStack(app, stage=stage, stateful=StatefulStack(app, stage), root=ROOT)
    template = json.dumps(Template.from_stack(stack).to_json())
    assert f'"PROGRESS_TOPIC": "{TOPIC}"' in template
    assert f'"Action": "sns:Publish", "Effect": "Allow", "Resource": "{TOPIC}"' in template


@pytest.mark.parametrize("topic", ["", "progress", "arn:aws:sqs:us-east-1:123456789012:progress", f"{TOPIC}\n"])
def test_a_topic_that_is_none_is_refused(topic: str) -> None:
    stages = context()["stages"]
    changed = {**stages, "dev": {**stages["dev"], "progressTopic": topic}}
    with pytest.raises(ConfigurationError, match=r'"context\.stages\.dev": progressTopic: '):
        stage_of(cdk.App(context={**context(), "stage": "dev", "stages": changed}))


@pytest.mark.parametrize("topic", [TOPIC, "arn:aws-cn:sns:cn-north-1:123456789012:Told_1"])
def test_a_topic_of_any_partition_and_region_is_taken(topic: str) -> None:
    stages = context()["stages"]
    changed = {**stages, "dev": {**stages["dev"], "progressTopic": topic}}
    assert stage_of(cdk.App(context={**context(), "stage": "dev", "stages": changed})).progress_topic == topic
