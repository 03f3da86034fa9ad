"""What is deployed as code: a package and core; and the layer, fetched once."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.app import ROOT
from infra.convention import discover
from infra.errors import ConfigurationError
from infra.layer import layer_folder
from tests.infra.project import write
from tests.infra.synth import Deployment, synthesise


def code_of(deployment: Deployment) -> dict[str, set[str]]:
    """The asset of each stack's functions."""
    found: dict[str, set[str]] = {}
    for stack, function in deployment.resources("AWS::Lambda::Function"):
        found.setdefault(stack, set()).add(function["Code"]["S3Key"])
    return found


def files_in(output: Path, asset: str) -> set[str]:
    folder = output / f"asset.{asset.removesuffix('.zip')}"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_an_asset_is_its_package_and_core_without_caches(project: Path, tmp_path: Path) -> None:
    write(project / "lambdas/order/__pycache__/open_order.pyc", "")
    [asset] = code_of(synthesise("local", tmp_path / "out", project))["order-local"]
    files = files_in(tmp_path / "out", asset)
    steps = {"open_order.py", "charge_payment.py", "close_order.py", "models.py"}
    assert {file for file in files if not file.startswith("core/")} == {"bootstrap", *(f"order/{f}" for f in steps)}
    assert {"core/step.py", "core/errors.py"} <= files
    assert not [file for file in files if "__pycache__" in file]


def test_the_local_runtime_is_executable(project: Path, tmp_path: Path) -> None:
    (project / "local/bootstrap").chmod(0o644)
    synthesise("local", tmp_path / "out", project)
    bootstraps = list((tmp_path / "out").glob("asset.*/bootstrap"))
    assert len(bootstraps) == 5
    assert {path.stat().st_mode & 0o777 for path in bootstraps} == {0o755}


def test_a_change_to_one_workflow_redeploys_that_workflow_only(project: Path, tmp_path: Path) -> None:
    before = code_of(synthesise("local", tmp_path / "before", project))
    assert [len(assets) for assets in before.values()] == [1, 1, 1, 1, 1]
    write(project / "lambdas/order/open_order.py", "def handler(event, context):\n    return {}\n")
    after = code_of(synthesise("local", tmp_path / "after", project))
    assert {stack for stack in before if before[stack] != after[stack]} == {"order-local"}


def test_a_change_to_a_workflows_models_redeploys_the_api_too(project: Path, tmp_path: Path) -> None:
    before = code_of(synthesise("local", tmp_path / "before", project))
    write(project / "lambdas/order/models.py", "class Order:\n    total: int\n")
    after = code_of(synthesise("local", tmp_path / "after", project))
    assert {stack for stack in before if before[stack] != after[stack]} == {"order-local", "api-local"}


def test_the_apis_asset_has_each_workflows_models_with_what_these_import_and_no_more(
    project: Path, tmp_path: Path
) -> None:
    write(project / "lambdas/order/__init__.py", "")
    write(
        project / "lambdas/order/models.py",
        "import order.money\nfrom order.sizes import SIZE\nfrom order import kinds\n",
    )
    for module in ("money", "sizes", "kinds", "stock"):
        write(project / f"lambdas/order/{module}.py", "SIZE = 1\n")
    [asset] = code_of(synthesise("local", tmp_path / "out", project))["api-local"]
    files = files_in(tmp_path / "out", asset)
    own = {"__init__.py", "models.py", "money.py", "sizes.py", "kinds.py"}
    assert {file for file in files if file.startswith("order/")} == {f"order/{name}" for name in own}
    assert {file for file in files if file.startswith("gift_card/")} == {"gift_card/models.py"}
    assert {"api/openapi.json", "core/models.py", "bootstrap"} <= files


def test_every_workflows_models_can_be_imported_from_the_apis_asset(tmp_path: Path) -> None:
    [asset] = code_of(synthesise("local", tmp_path / "out"))["api-local"]
    imports = "; ".join(f"import {workflow.package}.models" for workflow in discover(ROOT))
    run = subprocess.run(
        [sys.executable, "-c", f"import api.start_workflow; {imports}"],
        cwd=tmp_path / "out" / f"asset.{asset.removesuffix('.zip')}",
        env={"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_a_change_to_core_redeploys_everything(project: Path, tmp_path: Path) -> None:
    before = code_of(synthesise("local", tmp_path / "before", project))
    write(project / "lambdas/core/errors.py", "class TransientError(Exception): ...\n")
    after = code_of(synthesise("local", tmp_path / "after", project))
    assert {stack for stack in before if before[stack] != after[stack]} == before.keys()


def test_a_missing_asset_file_is_named(project: Path, tmp_path: Path) -> None:
    (project / "local/bootstrap").unlink()
    with pytest.raises(ConfigurationError, match=r'stage "local" puts local/bootstrap into its assets, but there is'):
        synthesise("local", tmp_path / "out", project)


def test_the_layer_holds_what_the_lambdas_need_for_their_machines() -> None:
    packages = layer_folder(ROOT) / "python"
    assert {"aws_lambda_powertools", "pydantic", "pydantic_core"} <= {path.name for path in packages.iterdir()}
    [compiled] = (packages / "pydantic_core").glob("*.so")
    assert "cpython-313-aarch64-linux" in compiled.name


def test_the_layer_is_the_same_from_every_machine() -> None:
    packages = layer_folder(ROOT) / "python"
    assert not (packages / "bin").exists()
    assert not list(packages.rglob("RECORD"))
    assert not list(packages.rglob("__pycache__"))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.usefixtures("offline")
def test_without_network_a_layer_never_fetched_is_asked_for_in_a_sentence(project: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        layer_folder(project)
    assert str(refused.value).startswith(
        "the Lambdas' packages could not be fetched; with network, run `python -m infra.layer` once, and synth needs "
        "none after that. uv said:\n"
    )
    assert list((project / "build" / "layer").iterdir()) == []


@pytest.mark.usefixtures("offline")
def test_a_layer_is_fetched_once_for_the_same_requirements(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = a_wheel(project / "wheels")
    write(project / "lambdas/requirements.txt", "gift==1.0\n")
    write(project / "requirements.lock", "gift==1.0\n")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    first = layer_folder(project)
    assert (first / "python" / "gift.py").read_text() == "wrapped = True\n"
    wheel.unlink()
    assert layer_folder(project) == first
    write(project / "lambdas/requirements.txt", "gift==2.0\n")
    with pytest.raises(ConfigurationError):
        layer_folder(project)


def a_wheel(folder: Path) -> Path:
    """The smallest package that installs."""
    folder.mkdir()
    path = folder / "gift-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("gift.py", "wrapped = True\n")
        wheel.writestr("gift-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: gift\nVersion: 1.0\n")
        wheel.writestr("gift-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("gift-1.0.dist-info/RECORD", "")
    return path
