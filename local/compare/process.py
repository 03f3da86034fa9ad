"""The service in front as a process of its own, which can be killed and started again."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx

from local.cloud import ROOT, LocalError, caller_environment
from local.compare.ways import Way
from local.launcher import HOST

START_SECONDS = 30
PYTHON_PATH = os.pathsep.join(str(folder) for folder in (ROOT, ROOT / "lambdas", ROOT / "client"))


def service_url(port: int) -> str:
    return f"http://{HOST}:{port}"


class ServiceProcess:
    """The service on one port, in one way; it runs from the start of its `with` block, unless it is killed.

    folder: takes its log. Starting it raises LocalError when it does not come up.
    """

    def __init__(self, way: Way, port: int, folder: Path) -> None:
        self.url = service_url(port)
        self.log = folder / f"service-{way.name}.log"
        self._way, self._port = way, port
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "ServiceProcess":
        self.log.unlink(missing_ok=True)
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "uvicorn", "service.app:create_app", "--factory",
                    "--host", HOST, "--port", str(self._port), "--no-access-log",
                ],
                cwd=ROOT,
                env=_environment() | self._way.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise LocalError(f"The service did not start; its log is {self.log}.")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it with SIGKILL, as a pod whose memory ran out is: nothing of it can be saved."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False)
        except httpx.TransportError:
            return False
        return bool(answer.json()["way"] == self._way.name)


def _environment() -> dict[str, str]:
    """The caller's environment without what would choose a way."""
    ways = ("MATCHING_", "CASI_", "WORKFLOW_")
    own = {name: value for name, value in caller_environment().items() if not name.startswith(ways)}
    return own | {"PYTHONPATH": PYTHON_PATH}
