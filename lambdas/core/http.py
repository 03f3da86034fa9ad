"""Requests to other services: bounded in time and size, following no redirect and repeating nothing, for a machine's
Retry does that, with the same idempotency key.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import urllib3

_CONNECT_SECONDS = 2.0
_LONGEST_ANSWER = 64 * 1024


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


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> tuple[int, bytes]:
    """The answer's status and body, of a long one its beginning.

    seconds: the longest silence, and the longest that a body may take. Raises NoAnswer.
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
    timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=seconds)
    try:
        response = _pool().request(
            method, url, body=body, headers=dict(headers), timeout=timeout, preload_content=False, redirect=False
        )
        try:
            return Answer(response.status, response.headers, _read(response, seconds, longest))
        finally:
            response.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise NoAnswer(type(error).__name__) from None


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False)


def _read(response: urllib3.BaseHTTPResponse, seconds: float, longest: int) -> bytes:
    body, deadline = b"", time.monotonic() + seconds
    while len(body) < longest and (chunk := response.read1(_LONGEST_ANSWER)):
        body += chunk
        if time.monotonic() > deadline:
            raise urllib3.exceptions.TimeoutError("the answer came too slowly")
    return body
