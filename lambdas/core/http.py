"""Requests to other services: bounded in time and size, following no redirect and repeating nothing, for a machine's
Retry does that, with the same idempotency key.
"""

import time
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

import urllib3

_CONNECT_SECONDS = 2.0
_LONGEST_ANSWER = 64 * 1024


class NoAnswer(Exception):
    """Nobody answered in time; whether the request was taken is not known. Its message names the reason alone."""


def is_private(url: str) -> bool:
    """Whether nobody between here and there can read along: the address is https, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1"))


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> tuple[int, bytes]:
    """The answer's status and body, of a long one its beginning.

    seconds: the longest silence, and the longest that a body may take. Raises NoAnswer.
    """
    return _send("POST", url, body, headers, seconds)


def get(url: str, headers: Mapping[str, str], *, seconds: float) -> tuple[int, bytes]:
    """As post, without a body."""
    return _send("GET", url, None, headers, seconds)


def _send(method: str, url: str, body: bytes | None, headers: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
    timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=seconds)
    try:
        response = _pool().request(
            method, url, body=body, headers=dict(headers), timeout=timeout, preload_content=False, redirect=False
        )
        try:
            return response.status, _read(response, seconds)
        finally:
            response.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise NoAnswer(type(error).__name__) from None


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False)


def _read(response: urllib3.BaseHTTPResponse, seconds: float) -> bytes:
    body, deadline = b"", time.monotonic() + seconds
    while len(body) < _LONGEST_ANSWER and (chunk := response.read1(_LONGEST_ANSWER)):
        body += chunk
        if time.monotonic() > deadline:
            raise urllib3.exceptions.TimeoutError("the answer came too slowly")
    return body
