"""Deploying to a local cloud: what is skipped, and how a failure reads."""

import json
from pathlib import Path

import pytest

from local import deploy
from local.cloud import Cloud, LocalError
from tests.local.conftest import Lab


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CDK project of its own."""
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python app.py"}))
    (tmp_path / "lambdas").mkdir()
    (tmp_path / "lambdas" / "step.py").write_text("1")
    monkeypatch.setattr(deploy, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.xdist_group("local_cloud")
@pytest.mark.parametrize(
    ("app", "reason"),
    [
        ("raise KeyError('no module for state PriceFish')", "KeyError: 'no module for state PriceFish'"),
        ("import sys; sys.exit('order has no stack: add infra/workflows/order.py')", "order has no stack: add"),
    ],
)
def test_a_deploy_that_fails_says_why_and_where_its_log_is(closed: Lab, project: Path, app: str, reason: str) -> None:
    (project / "app.py").write_text(app)
    with pytest.raises(LocalError, match=f"The deploy failed: {reason}") as failed:
        deploy.deploy(closed.cloud)

    assert str(closed.cloud.state / "deploy.log") in str(failed.value)


def test_a_deploy_without_the_cdk_says_what_to_install(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "CDK", tmp_path / "missing")

    with pytest.raises(LocalError, match="make setup"):
        deploy.run_cdk(Cloud(tmp_path))


def test_a_changed_source_is_deployed_again_and_an_unchanged_one_is_not(project: Path) -> None:
    before = deploy.digest()
    (project / "lambdas" / "__pycache__").mkdir()
    (project / "lambdas" / "__pycache__" / "step.pyc").write_text("compiled")
    unchanged = deploy.digest()
    (project / "lambdas" / "step.py").write_text("2")

    assert unchanged == before
    assert deploy.digest() != before


def test_state_machines_are_named_by_their_workflow(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:ai-chef-local"
    cloud.outputs.write_text(
        json.dumps({"ai-chef-local": {"StateMachineArn": arn}, "stateful-local": {"Export": "sessions-local"}})
    )

    assert deploy.state_machines(cloud) == {"ai-chef": arn}


def test_before_a_deploy_there_are_no_state_machines(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="make up"):
        deploy.state_machines(Cloud(tmp_path))
