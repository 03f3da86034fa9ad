"""The commands behind make, and make itself where it refuses."""

import shutil
import subprocess
from argparse import Namespace
from pathlib import Path

import pytest

from local import __main__ as commands
from local.cloud import ROOT, Cloud
from tests.local.conftest import Lab
from tests.support.waiting import eventually


@pytest.mark.xdist_group("local_cloud")
def test_env_prints_what_a_shell_can_evaluate(closed: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    commands.env(closed.cloud, Namespace())
    lines = capsys.readouterr().out

    shell = subprocess.run(
        ["sh", "-c", f"{lines}\necho $AWS_ENDPOINT_URL $AWS_DEFAULT_REGION"], capture_output=True, text=True, check=True
    )

    assert shell.stdout.split() == [f"http://localhost:{closed.cloud.port}", "us-east-1"]
    assert all(line.startswith("export ") for line in lines.splitlines())


@pytest.mark.xdist_group("local_cloud")
def test_logs_show_what_a_lambda_printed(closed: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    closed.invoke(closed.worker, {"print": "a pinch of salt"})

    def shown() -> bool:
        commands.logs(closed.cloud, Namespace())
        return "worker  a pinch of salt" in capsys.readouterr().out

    eventually(shown)


@pytest.mark.parametrize("command", [["env"], ["redrive-deliveries"], ["watch", "order-1"]])
def test_a_command_that_needs_the_cloud_fails_in_one_sentence_when_it_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setattr(commands, "Cloud", lambda: Cloud(tmp_path))
    monkeypatch.setattr("sys.argv", ["local", *command])

    assert commands.main() == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "The local cloud is not running; start it with `make up`.\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone, as far as make's refusals look."""
    for name in ("Makefile", "requirements.txt", "requirements.lock", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def ready_clone(clone: Path) -> Path:
    """A clone on which make has nothing left to set up."""
    for installed in (".venv/bin/python", ".venv/.installed", "node_modules/.installed"):
        (clone / installed).parent.mkdir(parents=True, exist_ok=True)
        (clone / installed).touch()
    return clone


def make(clone: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(["make", *arguments], cwd=clone, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_an_old_python_is_refused(clone: Path) -> None:
    old = clone / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    code, message = make(clone, "setup", f"PYTHON={old}")

    assert code != 0
    assert f"Python 3.11 or newer is needed ({old} is older)" in message


def test_a_machine_without_python_is_told_so(clone: Path) -> None:
    code, message = make(clone, "setup", "PYTHON=")

    assert code != 0
    assert "Python 3.11 or newer is needed (none was found)" in message


def test_watch_wants_a_session(ready_clone: Path) -> None:
    code, message = make(ready_clone, "watch")

    assert code != 0
    assert "Name the session to watch" in message


@pytest.mark.parametrize(("arguments", "reason"), [((), "Name the stage"), (("STAGE=local",), "make up")])
def test_deploy_refuses_to_guess_the_stage(ready_clone: Path, arguments: tuple[str, ...], reason: str) -> None:
    code, message = make(ready_clone, "deploy", *arguments)

    assert code != 0
    assert reason in message
