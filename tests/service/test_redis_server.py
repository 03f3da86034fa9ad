"""The Redis that tests and the comparison run on."""

from pathlib import Path

import pytest
from redis import ConnectionError as Unreachable
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local import redis_server as module
from local.cloud import LocalError
from local.redis_server import redis_server


def test_a_real_redis_runs_in_memory_alone_and_ends(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url, Redis.from_url(url, retry=Retry(NoBackoff(), 0)) as client:
        assert client.set("key", "value")
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("appendonly") == {"appendonly": "no"}
    with pytest.raises(Unreachable):
        client.ping()
    client.close()
    assert [file.name for file in tmp_path.iterdir()] == ["redis.log"]


def test_without_a_redis_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(module, "BUNDLED", tmp_path / "none")
    with pytest.raises(LocalError, match="install Redis"), redis_server(tmp_path):
        pass


def test_a_redis_that_does_not_start_names_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\necho broken; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(LocalError, match=str(tmp_path / "redis.log")), redis_server(tmp_path):
        pass
    assert (tmp_path / "redis.log").read_text() == "broken\n"
