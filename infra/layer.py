"""The Lambdas' third-party packages for AWS's machines, fetched once: `python -m infra.layer`."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.errors import ConfigurationError

_TARGET = ("--python-platform", "aarch64-manylinux2014", "--python-version", "3.13", "--only-binary", ":all:")


def layer_folder(root: Path) -> Path:
    """The folder of the layer that lambdas/requirements.txt asks for, fetched unless it is there already.

    What those packages need in turn is pinned by requirements.lock. Raises ConfigurationError when they cannot be
    fetched.
    """
    requirements, lock = root / "lambdas" / "requirements.txt", root / "requirements.lock"
    digest = hashlib.sha256(b"\0".join((requirements.read_bytes(), lock.read_bytes(), " ".join(_TARGET).encode())))
    folder = root / "build" / "layer" / digest.hexdigest()[:16]
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            fetched = Path(scratch) / "layer"
            _fetch(requirements, lock, fetched / "python")
            _publish(fetched, folder)
    return folder


def _fetch(requirements: Path, lock: Path, target: Path) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", *_TARGET, "--target", str(target)]
    uv = subprocess.run(  # noqa: S603 - no part of it comes from outside
        [*command, "--requirement", str(requirements), "--constraint", str(lock)],
        capture_output=True,
        text=True,
        check=False,
    )
    if uv.returncode:
        raise ConfigurationError(
            "the Lambdas' packages could not be fetched; with network, run `python -m infra.layer` once, and synth "
            f"needs none after that. uv said:\n{uv.stderr.strip()}"
        )
    # Neither runs in a Lambda, and both differ from machine to machine: a script names its interpreter.
    shutil.rmtree(target / "bin", ignore_errors=True)
    for record in target.glob("*.dist-info/RECORD"):
        record.unlink()


def _publish(fetched: Path, folder: Path) -> None:
    """In one step, so that a synth beside this one never sees half a layer."""
    try:
        fetched.rename(folder)
    except OSError:
        if not folder.exists():  # otherwise the other synth was first, with the same packages
            raise


if __name__ == "__main__":
    try:
        layer_folder(Path(__file__).parents[1])
    except ConfigurationError as error:
        sys.exit(str(error))
