"""Requests to other services: bounded in time and size, following no redirect and repeating nothing, for a machine's
Retry does that, with the same idempotency key.
"""

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import urllib3

_CONNECT_SECONDS = 2.0
_LONGEST_ANSWER = 64 * 1024
# 409: another request with the key is still at work, by the draft standard of the Idempotency-Key header:
# https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
_COME_BACK = frozenset({408, 409, 425, 429})


class NoAnswer(Exception):
    """Nobody answered in time; whether the request was taken is not known. Its message names the reason alone."""


@dataclass(frozen=True)
class Answer:
    """What a service answered. headers: whatever the case of their names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_private(url: str) -> bool:
    """Whether nobody between here and there can read along: the address is https, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1"))


def comes_back(status: int) -> bool:
    """Whether a service that answers so may answer otherwise later: it is busy, or has failed."""
    return status in _COME_BACK or status >= 500


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> tuple[int, bytes]:
    """The answer's status and body, of a long one its beginning.

    seconds: the longest that all of it may take, unless the headers come in drops: then each is waited for anew.
    Raises NoAnswer.
    """
    answer = send("POST", url, body, headers, seconds=seconds)
    return answer.status, answer.body


def get(url: str, headers: Mapping[str, str], *, seconds: float) -> tuple[int, bytes]:
    """As post, without a body."""
    answer = send("GET", url, None, headers, seconds=seconds)
    return answer.status, answer.body


def send(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    seconds: float,
    longest: int = _LONGEST_ANSWER,
) -> Answer:
    """As post, with the answer's headers. longest: of its body no more than about so many bytes are read."""
    ends = time.monotonic() + seconds
    timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, total=seconds)
    try:
        response = _pool().request(
            method, url, body=body, headers=dict(headers), timeout=timeout, preload_content=False, redirect=False
        )
        try:
            return Answer(response.status, response.headers, _read(response, ends, longest))
        finally:
            response.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise NoAnswer(type(error).__name__) from None


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False)


def _read(response: urllib3.BaseHTTPResponse, ends: float, longest: int) -> bytes:
    """Each read may last as long as the headers might: a body that is late is cut off from beside it."""
    body, cut_off = b"", threading.Timer(max(0.0, ends - time.monotonic()), _cut_off, [response])
    cut_off.start()
    try:
        while len(body) < longest and (chunk := response.read1(_LONGEST_ANSWER)):
            body += chunk
    except (urllib3.exceptions.HTTPError, OSError):
        if time.monotonic() < ends:
            raise
    finally:
        cut_off.cancel()
        cut_off.join()  # else it might end a later request, to which the pool gives the connection
    if time.monotonic() >= ends:
        raise urllib3.exceptions.TimeoutError("the answer came too slowly")
    return body


def _cut_off(response: urllib3.BaseHTTPResponse) -> None:
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # it has been read, or closed, meanwhile
        response.shutdown()
