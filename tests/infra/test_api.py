"""The public API: which routes there are, what opens them, and what it says when it refuses."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.app import ROOT
from infra.errors import ConfigurationError
from tests.infra.project import write
from tests.infra.synth import Deployment, synthesise

DOCUMENT = json.loads((ROOT / "lambdas/api/openapi.json").read_text())
OPERATIONS = {
    (method.upper(), path): operation for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
}
OPEN = {
    ("POST", "/callbacks/{callbackId}"),
    ("GET", "/approvals/{callbackId}"),
    ("POST", "/approvals/{callbackId}"),
    ("GET", "/openapi.json"),
}


def methods(deployment: Deployment, api: str) -> dict[tuple[str, str], Any]:
    """The methods of a REST API, by HTTP method and path."""
    stack = f"api-{deployment.stage}"
    resources = deployment.templates[stack]["Resources"]

    def path(logical_id: str) -> str:
        resource = resources[logical_id]["Properties"]
        parent = resource["ParentId"]
        return (path(parent["Ref"]) if "Ref" in parent else "") + "/" + str(resource["PathPart"])

    return {
        (method["HttpMethod"], path(resource["Properties"]["ResourceId"]["Ref"])): method
        for resource in resources.values()
        if resource["Type"] == "AWS::ApiGateway::Method"
        and (method := deployment.resolve(stack, resource["Properties"]))["RestApiId"] == api
    }


def test_the_api_with_a_key_has_every_route_of_the_document_and_the_one_with_iam_those_that_are_not_open(
    deployment: Deployment,
) -> None:
    stage = deployment.stage
    assert methods(deployment, f"api-{stage}").keys() == OPERATIONS.keys()
    assert methods(deployment, f"api-iam-{stage}").keys() == OPERATIONS.keys() - OPEN


def test_only_what_carries_its_own_proof_and_the_document_are_open(deployment: Deployment) -> None:
    assert {route for route, operation in OPERATIONS.items() if operation["security"] == []} == OPEN
    for route, method in methods(deployment, f"api-{deployment.stage}").items():
        assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("NONE", route not in OPEN)
    for method in methods(deployment, f"api-iam-{deployment.stage}").values():
        assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("AWS_IAM", False)


def test_a_route_is_answered_by_the_lambda_of_its_operation(deployment: Deployment) -> None:
    for api in ("api", "api-iam"):
        for route, method in methods(deployment, f"{api}-{deployment.stage}").items():
            module = OPERATIONS[route]["operationId"]
            function = f"api-{module.replace('_', '-')}-{deployment.stage}"
            assert method["Integration"]["Type"] == "AWS_PROXY"
            assert f"function/{function}/invocations" in method["Integration"]["Uri"]
            assert deployment.functions()[function]["Handler"] == f"api.{module}.handler"
            assert deployment.functions()[function]["Timeout"] <= 29


def permissions(deployment: Deployment) -> Iterator[tuple[str, str, str]]:
    """Of all but the WebSocket API's Lambdas."""
    for stack, permission in deployment.resources("AWS::Lambda::Permission"):
        if stack == f"progress-{deployment.stage}":
            continue
        assert permission["Action"] == "lambda:InvokeFunction"
        yield permission["FunctionName"].removeprefix("function/"), permission["Principal"], permission["SourceArn"]


def test_nothing_but_its_own_methods_and_rules_may_invoke_a_lambda_from_outside(deployment: Deployment) -> None:
    stage = deployment.stage
    expected = set()
    for api in ("api", "api-iam"):
        for method, path in methods(deployment, f"{api}-{stage}"):
            function = f"api-{OPERATIONS[method, path]['operationId'].replace('_', '-')}-{stage}"
            place = "/".join("*" if part.startswith("{") else part for part in path.split("/"))
            source = f"arn:aws:execute-api:region:account:{api}-{stage}/{stage}/{method}{place}"
            expected.add((function, "apigateway.amazonaws.com", source))
    found = set(permissions(deployment))
    assert {permission for permission in found if permission[1] != "events.amazonaws.com"} == expected
    assert {function for function, principal, _ in found if principal == "events.amazonaws.com"} == {
        f"reconcile-session-{stage}",
        f"sweep-sessions-{stage}",
    }
    assert not list(deployment.resources("AWS::Lambda::Url"))


def test_a_key_opens_the_one_api_within_a_rate(deployment: Deployment) -> None:
    [(_, plan)] = deployment.resources("AWS::ApiGateway::UsagePlan")
    [stage] = plan["ApiStages"]
    assert (stage["ApiId"], stage["Stage"]) == (f"api-{deployment.stage}", deployment.stage)
    assert plan["Throttle"] == {"RateLimit": 100, "BurstLimit": 200}
    [(_, key)] = deployment.resources("AWS::ApiGateway::ApiKey")
    assert "Value" not in key  # API Gateway makes it up


def stages(deployment: Deployment) -> dict[str, Any]:
    return {stage["RestApiId"]: stage for _, stage in deployment.resources("AWS::ApiGateway::Stage")}


def test_no_log_and_no_trace_holds_the_link_of_an_approval(deployment: Deployment) -> None:
    """A link is a query string; execution logs and traces have it, and so would some fields of the access log."""
    name = f"api-{deployment.stage}"
    stage = stages(deployment)[name]
    [settings] = stage["MethodSettings"]
    assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("OFF", False)
    assert stage["TracingEnabled"] is False
    logged = json.loads(stage["AccessLogSetting"]["Format"])
    assert logged["path"] == "$context.path"
    assert set(logged.values()) <= {
        "$context.requestId",
        "$context.requestTime",
        "$context.identity.sourceIp",
        "$context.identity.userArn",
        "$context.identity.apiKeyId",
        "$context.httpMethod",
        "$context.path",
        "$context.status",
        "$context.error.responseType",
        "$context.responseLatency",
        "$context.responseLength",
    }


def test_both_apis_log_requests_and_are_throttled(deployment: Deployment) -> None:
    groups = {group["LogGroupName"] for _, group in deployment.resources("AWS::Logs::LogGroup")}
    for name, stage in stages(deployment).items():
        assert f"/aws/apigateway/{name}" in groups
        assert stage["AccessLogSetting"]["DestinationArn"].endswith(f"log-group:/aws/apigateway/{name}")
        [settings] = stage["MethodSettings"]
        assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
        assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (100, 200)
    assert stages(deployment)[f"api-iam-{deployment.stage}"]["TracingEnabled"] is True


SHARED = {
    "DEFAULT_4XX": (None, "BadRequest"),
    "DEFAULT_5XX": (None, "InternalError"),
    "INTEGRATION_TIMEOUT": ("504", "Timeout"),
    "ACCESS_DENIED": ("403", "Forbidden"),
    "REQUEST_TOO_LARGE": ("413", "TooLarge"),
    "THROTTLED": ("429", "TooManyRequests"),
}
REFUSALS = {
    "api": SHARED | {"INVALID_API_KEY": ("403", "Forbidden"), "MISSING_AUTHENTICATION_TOKEN": ("404", "NotFound")},
    "api-iam": SHARED
    | {
        "INVALID_SIGNATURE": ("403", "Forbidden"),
        "EXPIRED_TOKEN": ("403", "Forbidden"),
        "MISSING_AUTHENTICATION_TOKEN": ("403", "Forbidden"),
    },
}


@pytest.mark.parametrize("api", REFUSALS)
def test_the_gateways_own_refusals_have_the_shape_of_the_apis_errors(deployment: Deployment, api: str) -> None:
    found = {}
    for _, response in deployment.resources("AWS::ApiGateway::GatewayResponse"):
        if response["RestApiId"] == f"{api}-{deployment.stage}":
            [(kind, template)] = response["ResponseTemplates"].items()
            assert kind == "application/json"
            error = json.loads(template)["error"]
            assert error.keys() == {"code", "message"}
            assert error["message"].endswith(".")
            assert "$" not in template  # API Gateway's own words name roles and resources
            found[response["ResponseType"]] = (response.get("StatusCode"), error["code"])
    assert found == REFUSALS[api]


def test_links_begin_with_what_the_parameter_tells(deployment: Deployment) -> None:
    stage = deployment.stage
    parameter = next(
        found for _, found in deployment.resources("AWS::SSM::Parameter") if found["Name"].endswith("/api-url")
    )
    assert parameter["Name"] == f"/durable-workflows/{stage}/api-url"
    assert parameter["Value"] == f"https://api-{stage}.execute-api.region.amazonaws.com/{stage}"
    outputs = deployment.resolve(f"api-{stage}", deployment.templates[f"api-{stage}"]["Outputs"])
    assert outputs.keys() == {"ApiUrl", "ApiIamUrl", "ApiKeyId"}
    assert outputs["ApiUrl"]["Value"] == parameter["Value"]
    assert outputs["ApiIamUrl"]["Value"] == f"https://api-iam-{stage}.execute-api.region.amazonaws.com/{stage}"


def test_the_role_that_api_gateway_logs_with_outlives_the_stage_for_the_account_shares_it(
    deployment: Deployment,
) -> None:
    resources = deployment.templates[f"api-{deployment.stage}"]["Resources"]
    [account] = [resource for resource in resources.values() if resource["Type"] == "AWS::ApiGateway::Account"]
    role = resources[account["Properties"]["CloudWatchRoleArn"]["Fn::GetAtt"][0]]
    assert account["DeletionPolicy"] == role["DeletionPolicy"] == "Retain"


def refusal(project: Path, output: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        synthesise("local", output, project)
    return str(refused.value)


def test_an_operation_without_a_module_is_refused(project: Path, tmp_path: Path) -> None:
    (project / "lambdas/api/get_session.py").unlink()
    assert refusal(project, tmp_path / "out") == (
        "lambdas/api/openapi.json: GET /sessions/{sessionId} is answered by get_session, but "
        "lambdas/api/get_session.py defines no `handler`: add it, or correct the operationId"
    )


def test_a_module_that_no_operation_names_is_refused(project: Path, tmp_path: Path) -> None:
    write(project / "lambdas/api/drop_session.py", "def handler(event, context): ...\n")
    assert refusal(project, tmp_path / "out") == (
        "lambdas/api/drop_session.py defines a `handler`, but lambdas/api/openapi.json has no operation drop_session: "
        "generate the document anew, or remove the module"
    )


def test_a_route_that_may_touch_nobody_knows_what_is_refused(project: Path, tmp_path: Path) -> None:
    path = project / "lambdas/api/openapi.json"
    document = json.loads(path.read_text())
    document["paths"]["/sessions/{sessionId}"]["delete"] = {"operationId": "drop_session"}
    write(path, json.dumps(document))
    write(project / "lambdas/api/drop_session.py", "def handler(event, context): ...\n")
    assert refusal(project, tmp_path / "out") == (
        "infra/access.py does not say what lambdas/api/drop_session.py may touch: add it to ACCESS"
    )


def test_a_route_is_closed_unless_the_document_says_that_it_is_open(project: Path, tmp_path: Path) -> None:
    path = project / "lambdas/api/openapi.json"
    document = json.loads(path.read_text())
    del document["paths"]["/sessions"]["get"]["security"]
    write(path, json.dumps(document))
    deployment = synthesise("local", tmp_path / "out", project)
    assert methods(deployment, "api-local")["GET", "/sessions"]["ApiKeyRequired"] is True
