"""The life of a local cloud's process, and what its Lambdas find around them."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import boto3
import psutil
import pytest

from local.cloud import Cloud, LocalError, free_port
from tests.local.conftest import Lab
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("local_cloud")


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """A cloud that does not run."""
    return Cloud(tmp_path)


def test_the_lambdas_run_under_the_interpreter_of_the_cloud(closed: Lab) -> None:
    assert closed.invoke(closed.worker, {})["python"] == sys.executable


def test_the_lambdas_find_this_cloud_and_no_profile_of_the_caller(closed: Lab) -> None:
    environment = closed.invoke(closed.worker, {})["environment"]

    assert environment["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{closed.cloud.port}"
    assert "AWS_PROFILE" not in environment


def test_the_lambdas_write_their_temporary_files_into_the_state_folder(closed: Lab) -> None:
    environment = closed.invoke(closed.worker, {})["environment"]

    assert Path(environment["TMPDIR"]).is_relative_to(closed.cloud.state)
    assert Path(environment["LAMBDA_TASK_ROOT"]).is_relative_to(closed.cloud.state)


def test_the_cloud_listens_on_loopback_only(closed: Lab) -> None:
    pid = json.loads((closed.cloud.state / "process.json").read_text())["pid"]

    listening = [each for each in psutil.Process(pid).net_connections() if each.status == psutil.CONN_LISTEN]

    assert listening
    assert {each.laddr.ip for each in listening} == {"127.0.0.1"}


def test_iam_is_enforced(closed: Lab) -> None:
    iam = boto3.client("iam", **closed.cloud.connection())
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    connection = closed.cloud.connection()
    connection["aws_access_key_id"] = key["AccessKeyId"]
    connection["aws_secret_access_key"] = key["SecretAccessKey"]

    with pytest.raises(boto3.client("sqs", **connection).exceptions.ClientError, match="AccessDenied"):
        boto3.client("sqs", **connection).list_queues()


def test_starting_twice_leaves_the_cloud_as_it_is(closed: Lab) -> None:
    pid = json.loads((closed.cloud.state / "process.json").read_text())["pid"]

    Cloud(closed.cloud.state).start()

    assert json.loads((closed.cloud.state / "process.json").read_text())["pid"] == pid


def test_a_running_cloud_does_not_move_to_another_port(closed: Lab) -> None:
    with pytest.raises(LocalError, match="make down"):
        closed.cloud.start(free_port())


def test_a_taken_port_is_refused_with_what_to_do(cloud: Cloud) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LocalError, match=rf"Port {port} cannot be used .* choose another"):
            cloud.start(port)

    assert not cloud.running


def test_a_cloud_that_does_not_start_says_where_its_log_is(cloud: Cloud) -> None:
    cloud.server = "no_such_module"

    with pytest.raises(LocalError, match=str(cloud.log)):
        cloud.start(free_port())

    assert "No module named no_such_module" in cloud.log.read_text()
    assert not cloud.running


def test_without_a_running_cloud_there_is_no_environment(cloud: Cloud) -> None:
    with pytest.raises(LocalError, match="not running; start it with `make up`"):
        cloud.environment()


def test_stopping_a_cloud_that_does_not_run_does_nothing(cloud: Cloud) -> None:
    cloud.stop()

    assert not cloud.running


def test_a_dead_cloud_is_told_from_a_stopped_one_and_its_lambdas_end_with_stop(cloud: Cloud, closed: Lab) -> None:
    cloud.start(free_port())
    lab = Lab(cloud)
    orphan = psutil.Process(lab.invoke(lab.worker, {})["pid"])
    psutil.Process(json.loads((cloud.state / "process.json").read_text())["pid"]).kill()
    eventually(lambda: not cloud.running)

    with pytest.raises(LocalError, match=f"has died; its log is {cloud.log}"):
        cloud.environment()
    assert orphan.is_running()
    cloud.stop()

    # A process that was killed may take a moment to go.
    eventually(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)
    assert {path.name for path in cloud.state.iterdir()} <= {"cloud.log", "lock"}
    assert closed.cloud.running, "another cloud is left alone"


def test_a_stranger_that_got_the_process_id_is_left_alone(cloud: Cloud) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as stranger:
        (cloud.state / "process.json").write_text(json.dumps({"pid": stranger.pid, "port": 4566}))

        assert not cloud.running
        cloud.stop()

        assert stranger.poll() is None
        stranger.communicate(b"\n")
