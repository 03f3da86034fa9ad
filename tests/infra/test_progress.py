"""The WebSocket API that pushes progress: who may connect, what its Lambdas may do, and what its log does not hold."""

import json

import aws_cdk as cdk
from aws_cdk.assertions import Template

from infra.app import ROOT
from infra.progress import ProgressStack
from infra.stage import stage_of
from infra.stateful import StatefulStack
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
        "answer-watcher": watching | on_table(f"sessions-{stage}", "GetItem") | reaching_clients(deployment, "POST"),
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
