"""Stages differ in what cdk.json says, and share nothing in an account."""

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.app import add_stacks
from infra.errors import ConfigurationError
from infra.stage import Stage, stage_of
from tests.infra.synth import Deployment, context

# Names within their resource: an inline policy's within its role, an API's stage within the API.
SCOPED = {"AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Authorizer", "AWS::ApiGatewayV2::Stage", "AWS::IAM::Policy"}


def stage_from(**changes: Any) -> Stage:
    return stage_of(cdk.App(context=context() | changes))


def refusal(**changes: Any) -> str:
    with pytest.raises(ConfigurationError) as refused:
        stage_from(**changes)
    return str(refused.value)


def physical_names(deployment: Deployment) -> set[str]:
    names = set()
    for stack, template in deployment.templates.items():
        for resource in template["Resources"].values():
            if resource["Type"] in SCOPED:
                continue
            properties = deployment.resolve(stack, resource.get("Properties", {}))
            keys = ("Name", f"{resource['Type'].rpartition(':')[2]}Name", "StateMachineName")
            names |= {properties[key] for key in keys if isinstance(properties.get(key), str)}
        for output in template.get("Outputs", {}).values():
            names |= {output["Export"]["Name"]} if "Export" in output else set()
    return names | deployment.templates.keys()


def test_no_two_stages_of_an_account_share_a_name(deployments: dict[str, Deployment]) -> None:
    names = [physical_names(deployment) for deployment in deployments.values()]
    assert sum(map(len, names)) == len(set().union(*names))
    for deployment in deployments.values():
        assert physical_names(deployment) >= {f"sessions-{deployment.stage}", f"sweep-sessions-{deployment.stage}"}


def test_every_name_ends_in_its_stage(deployments: dict[str, Deployment]) -> None:
    for deployment in deployments.values():
        ending = re.compile(
            rf".+-{deployment.stage}(\.fifo|-account-region)?|/durable-workflows/{deployment.stage}/[a-z-]+"
        )
        assert {name for name in physical_names(deployment) if not ending.fullmatch(name)} == set()


def test_a_stage_of_ones_own_takes_devs_settings() -> None:
    assert stage_from(stage="alice").model_dump(exclude={"name"}) == stage_from(stage="dev").model_dump(
        exclude={"name"}
    )


def test_the_cloud_runs_python_with_a_layer_and_the_local_cloud_its_own_interpreter(
    deployments: dict[str, Deployment],
) -> None:
    for stage, deployment in deployments.items():
        for function in deployment.functions().values():
            assert function["Runtime"] == ("provided.al2023" if stage == "local" else "python3.13")
            assert function["Architectures"] == ["arm64"]
            assert len(function.get("Layers", [])) == (0 if stage == "local" else 1)


def test_the_local_cloud_needs_no_bootstrap_roles(deployments: dict[str, Deployment]) -> None:
    for stage, deployment in deployments.items():
        for template in deployment.templates.values():
            assert ("CheckBootstrapVersion" in template.get("Rules", {})) is (stage != "local")


def test_a_bare_deploy_is_told_to_choose_a_stage() -> None:
    assert refusal() == (
        "choose a stage: `cdk deploy --all -c stage=dev`, or prod, or local for the local cloud (`make up`), or a "
        "short name of your own (it takes dev's settings)"
    )


@pytest.mark.parametrize("name", ["Dev", "my-stage", "2nd", "a" * 17, "dev_1", "dev\n"])
def test_a_name_that_is_no_stage_is_refused(name: str) -> None:
    assert refusal(stage=name) == (
        f'"{name}" is no stage: take up to 16 lowercase letters and digits, beginning with a letter'
    )


def test_settings_that_are_wrong_are_named() -> None:
    dev = context()["stages"]["dev"]
    assert refusal(stage="alice", stages={"dev": dev | {"memoryMb": 64, "sweepHours": 1}}) == (
        'cdk.json: "context.stages.dev": memoryMb: input should be greater than or equal to 128; sweepHours: extra '
        "inputs are not permitted"
    )


def test_an_app_without_settings_is_told_where_they_belong() -> None:
    assert refusal(stage="alice", stages={}) == (
        'cdk.json: "context.stages" has neither "alice" nor "dev"; add its settings'
    )


def test_a_provider_that_the_stage_does_not_choose_is_named() -> None:
    with pytest.raises(ConfigurationError, match='stage "dev" chooses no provider "weather"; add it'):
        stage_from(stage="dev").provider("weather")


def test_a_setting_of_a_workflow_that_the_stage_does_not_give_is_named() -> None:
    with pytest.raises(ConfigurationError) as refused:
        stage_from(stage="dev").workflow("order", "colour")
    assert str(refused.value) == (
        'cdk.json: stage "dev" says nothing of "colour" for workflow "order"; add it to "workflows.order" of its stage'
    )


def with_payment_url(url: str) -> dict[str, Any]:
    """The stages, where prod's payment service has this address."""
    stages: dict[str, Any] = json.loads(json.dumps(context()["stages"]))
    stages["prod"]["workflows"]["order"]["paymentUrl"] = url
    return stages


def test_a_payment_service_is_reached_over_https_only(tmp_path: Path) -> None:
    app = cdk.App(
        context=context() | {"stage": "prod", "stages": with_payment_url("http://payments.example.com")},
        outdir=str(tmp_path),
    )
    with pytest.raises(ConfigurationError) as refused:
        add_stacks(app)
    assert str(refused.value) == (
        'cdk.json: "paymentUrl" of workflow "order", stage "prod", is http://payments.example.com; give the '
        "service's address, beginning with https://"
    )


@pytest.mark.parametrize(
    "origin", ["http://hooks.example.com", "https://hooks.example.com/path", "hooks.example.com", "https://*", "*"]
)
def test_results_are_delivered_over_https_to_hosts_by_name_only(tmp_path: Path, origin: str) -> None:
    stages = json.loads(json.dumps(context()["stages"]))
    stages["prod"]["callbackOrigins"] = [origin]
    with pytest.raises(ConfigurationError, match=r'"context\.stages\.prod": callbackOrigins\.0'):
        stage_from(stage="prod", stages=stages)


def test_payments_go_to_the_sandbox_or_to_the_service_that_the_stage_names(
    deployments: dict[str, Deployment],
) -> None:
    for stage, deployment in deployments.items():
        charge = deployment.functions()[f"order-charge-payment-{stage}"]["Environment"]["Variables"]
        ledgers = [
            t["TableName"] for _, t in deployment.resources("AWS::DynamoDB::Table") if "payments" in t["TableName"]
        ]
        if stage == "prod":
            assert charge["PAYMENT_PROVIDER"] == "http"
            assert charge["PAYMENT_URL"].startswith("https://")
            assert charge["PAYMENT_SECRET"] == "order-payments-prod"
            assert ledgers == []
        else:
            assert charge["PAYMENT_PROVIDER"] == "sandbox"
            assert ledgers == [charge["PAYMENTS_TABLE"]]
        assert charge["CHARGE_SECONDS"] == str(deployment.functions()[f"order-charge-payment-{stage}"]["Timeout"])
