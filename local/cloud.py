"""A local cloud: one MiniStack process with its Lambdas, and the state folder that holds its files."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

import psutil
from filelock import FileLock

from local import launcher

ROOT = Path(__file__).parent.parent
STATE = ROOT / ".local"
DEFAULT_PORT = 4566
REGION = launcher.REGION
ACCOUNT = "000000000000"
START_SECONDS = 60
STOP_SECONDS = 10


class LocalError(Exception):
    """What went wrong with the local cloud and what to do about it, in one sentence for people."""


class Connection(TypedDict):
    endpoint_url: str
    aws_access_key_id: str
    aws_secret_access_key: str
    region_name: str


class Cloud:
    """The local cloud of one state folder. Several, each with a folder and a port of its own, run side by side."""

    server = "local.launcher"
    """The module it runs: MiniStack with its gaps closed."""

    def __init__(self, state: Path = STATE) -> None:
        self.state = state.resolve()
        self.log = self.state / "cloud.log"
        self.outputs = self.state / "outputs.json"
        self._process = self.state / "process.json"
        self._temporary = self.state / "tmp"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """The port the cloud listens on.

        Raises LocalError when it does not run.
        """
        return self._known()["port"]

    @property
    def running(self) -> bool:
        known = self._read_process()
        return known is not None and any(member.pid == known["pid"] for member in self._members(known["pid"]))

    def processor_seconds(self) -> float:
        """The processor time that the cloud and its running Lambdas have used so far.

        Raises LocalError when it does not run.
        """
        times = [process.cpu_times() for process in self._members(self._known()["pid"])]
        return sum(time.user + time.system for time in times)

    def memory(self) -> int:
        """The bytes of memory that the cloud and its running Lambdas hold, what processes share counted in each.

        Raises LocalError when it does not run.
        """
        held = 0
        for process in self._members(self._known()["pid"]):
            with suppress(psutil.NoSuchProcess):  # a Lambda's process may end meanwhile
                held += process.memory_info().rss
        return held

    def connection(self) -> Connection:
        """The arguments that make any boto3 client talk to this cloud, as its account's root user.

        Raises LocalError when it does not run.
        """
        return {
            # By number: boto3 then puts a bucket's name into the path, for <bucket>.localhost may not resolve.
            "endpoint_url": f"http://{launcher.HOST}:{self.port}",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "region_name": REGION,
        }

    def environment(self) -> dict[str, str]:
        """The variables that point boto3, the AWS CLI and the CDK at this cloud, as its account's root user.

        Raises LocalError when it does not run.
        """
        connection = self.connection()
        return {
            # By name: the CDK uploads no assets to a number.
            "AWS_ENDPOINT_URL": f"http://localhost:{self.port}",
            "AWS_ACCESS_KEY_ID": connection["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": connection["aws_secret_access_key"],
            "AWS_DEFAULT_REGION": connection["region_name"],
        }

    def start(self, port: int | None = None) -> None:
        """Start the cloud, empty, and wait until it answers; leave one that runs as it is.

        port: where it listens; by default 4566, or where it runs already.
        Raises LocalError when the port is taken or the cloud does not start.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        with self.lock():
            if self.running:
                if port not in (None, self.port):
                    raise LocalError(
                        f"The local cloud runs on port {self.port}; stop it with `make down` to move it to {port}."
                    )
                return
            self._clear()
            self._launch(port or DEFAULT_PORT)

    def stop(self) -> None:
        """End the cloud and its Lambdas and remove what they held; only the logs stay."""
        if self.state.exists():
            with self.lock():
                self._clear()

    def lock(self) -> FileLock:
        """Held while the cloud starts, stops or is deployed to, by one process at a time."""
        return FileLock(self.state / "lock")

    def _launch(self, port: int) -> None:
        _refuse_taken(port)
        self._temporary.mkdir()
        with self.log.open("w") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", self.server],
                cwd=ROOT,
                env=caller_environment() | launcher.environment(port, self._temporary),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._process.write_text(json.dumps({"pid": self._child.pid, "port": port}))
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            if self._child.poll() is not None or time.monotonic() > deadline:
                self._clear()
                raise LocalError(f"The local cloud did not start; its log is {self.log}.")
            time.sleep(0.05)

    def _clear(self) -> None:
        """End what is left of the process group, and remove all files that mean nothing without it."""
        known = self._read_process()
        if known:
            self._kill(known["pid"])
        if self._child:
            self._child.wait()
        shutil.rmtree(self._temporary, ignore_errors=True)
        shutil.rmtree(self.state / "cdk.out", ignore_errors=True)
        self.outputs.unlink(missing_ok=True)
        (self.state / "deployed").unlink(missing_ok=True)
        self._process.unlink(missing_ok=True)

    def _kill(self, group: int) -> None:
        """End the group at once: nothing persists, so there is nothing to save."""
        deadline = time.monotonic() + STOP_SECONDS
        while members := self._members(group):
            if time.monotonic() > deadline:
                raise LocalError(f"The processes {[member.pid for member in members]} of the local cloud do not end.")
            for member in members:
                with suppress(psutil.NoSuchProcess):
                    member.kill()
            time.sleep(0.01)

    def _members(self, group: int) -> list[psutil.Process]:
        """The living processes of the group that are this cloud's, for the system may have given its id away since."""
        return [process for process in psutil.process_iter() if self._owns(process, group)]

    def _owns(self, process: psutil.Process, group: int) -> bool:
        try:
            return (
                os.getpgid(process.pid) == group
                and process.status() != psutil.STATUS_ZOMBIE
                and process.environ().get("TMPDIR") == str(self._temporary)
            )
        except (psutil.Error, OSError):
            return False

    def _known(self) -> dict[str, int]:
        """The process and port of the cloud, which runs. Raises LocalError when it does not."""
        known = self._read_process()
        if known is None:
            raise LocalError("The local cloud is not running; start it with `make up`.")
        if not self.running:
            raise LocalError(f"The local cloud has died; its log is {self.log}. Start it again with `make up`.")
        return known

    def _read_process(self) -> dict[str, int] | None:
        try:
            known: dict[str, int] = json.loads(self._process.read_text())
        except FileNotFoundError:
            return None
        return known


def caller_environment() -> dict[str, str]:
    """The caller's environment without AWS's variables: a profile of the caller's must not meet the local cloud."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.create_server((launcher.HOST, 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _refuse_taken(port: int) -> None:
    try:
        socket.create_server((launcher.HOST, port)).close()
    except OSError as error:
        raise LocalError(
            f"Port {port} cannot be used ({os.strerror(error.errno or 0)}); choose another, e.g. PORT=4570."
        ) from error


def _answers(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{launcher.HOST}:{port}/_ministack/ready", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False
