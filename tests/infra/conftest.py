"""Each stage is synthesised once: starting the CDK takes seconds, reading a template nothing."""

from pathlib import Path

import pytest

from tests.infra.project import make_project
from tests.infra.synth import Deployment, synthesise

STAGES = ("local", "dev", "prod", "alice")


@pytest.fixture(scope="session")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Deployment]:
    """The three stages of cdk.json, and one that takes dev's settings."""
    return {stage: synthesise(stage, tmp_path_factory.mktemp(stage)) for stage in STAGES}


@pytest.fixture(scope="session", params=STAGES)
def deployment(request: pytest.FixtureRequest, deployments: dict[str, Deployment]) -> Deployment:
    return deployments[request.param]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")
