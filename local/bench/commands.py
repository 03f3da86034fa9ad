"""How long the commands take that people wait for."""

import os
import subprocess
import time

from local.cloud import ROOT, Cloud, LocalError, caller_environment, free_port


def second_demo() -> float:
    """The seconds of `make demo` where it ran before. It leaves the local cloud as it was: running, or not.

    Raises LocalError when a command fails.
    """
    was_running = Cloud().running
    port = [] if was_running else [f"PORT={free_port()}"]
    try:
        _make("demo", *port)
        return _make("demo")
    finally:
        if not was_running:
            _make("down")


def test() -> float:
    """The seconds of `make test`.

    Raises LocalError when it fails.
    """
    return _make("test")


def _make(*arguments: str) -> float:
    began = time.monotonic()
    # Without what the make that runs this bench hands to a make below it.
    own = {name: value for name, value in caller_environment().items() if name not in ("MAKEFLAGS", "MFLAGS")}
    done = subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        last = os.linesep.join(done.stdout.splitlines()[-20:])
        raise LocalError(f"`make {' '.join(arguments)}` failed:\n{last}")
    return time.monotonic() - began
