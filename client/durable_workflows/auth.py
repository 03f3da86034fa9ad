"""How requests prove who sends them: an API key, or AWS Signature Version 4 by botocore.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv4.html
"""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncGenerator, Generator

import botocore.session
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, PartialCredentialsError, ProfileNotFound
from pydantic import SecretStr

from durable_workflows.errors import NotConfigured

_REGION_OF_HOST = re.compile(r"\.(?:execute-api|lambda-url)\.([a-z0-9-]+)\.")
_FUNCTION_URL = re.compile(r"(?:^|\.)lambda-url\.")
_SIGNED = ("host", "content-type")  # what is between here and there may change the other headers
_ADDED = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-SHA256")


def region_of_host(host: str) -> str | None:
    """The region that a host name of API Gateway or of a Function URL tells."""
    found = _REGION_OF_HOST.search(host)
    return found[1] if found else None


def region_of_environment() -> str | None:
    """AWS_REGION, which botocore does not read, else what it does. Raises NotConfigured for an unknown profile."""
    try:
        chain = botocore.session.Session().get_config_variable("region")
    except BotoCoreError as error:
        raise NotConfigured([("AWS_PROFILE", str(error))]) from None
    return os.environ.get("AWS_REGION") or chain


class ApiKeyAuth(httpx.Auth):
    """Sends the key in the header `x-api-key`."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["x-api-key"] = self._key.get_secret_value()
        yield request


class SigV4(httpx.Auth):
    """Signs method, path, query, body, host and time. Refreshed credentials are used from the next request on.

    Raises NotConfigured when there are no credentials.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._credentials = _credentials()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.read()
        self._sign(request, self._frozen())
        yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        await request.aread()
        self._sign(request, await asyncio.to_thread(self._frozen))  # a refresh may wait for the network
        yield request

    def _frozen(self) -> ReadOnlyCredentials:
        try:
            return self._credentials.get_frozen_credentials()
        except BotoCoreError as error:
            raise _no_credentials(error) from None

    def _sign(self, request: httpx.Request, credentials: ReadOnlyCredentials) -> None:
        headers = {name: request.headers[name] for name in _SIGNED if name in request.headers}
        headers["X-Amz-Content-SHA256"] = hashlib.sha256(request.content).hexdigest()
        signed = AWSRequest(request.method, str(request.url), data=request.content, headers=headers)
        service = "lambda" if _FUNCTION_URL.search(request.url.host) else "execute-api"
        SigV4Auth(credentials, service, self._region).add_auth(signed)
        for name in _ADDED:
            if name in signed.headers:
                request.headers[name] = signed.headers[name]


def _credentials() -> Credentials:
    try:
        found = botocore.session.Session().get_credentials()
    except BotoCoreError as error:
        raise _no_credentials(error) from None
    if found is None:
        problem = "there are none; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the role"
        raise NotConfigured([("AWS credentials", f"{problem} of the machine, which auth mode iam_sigv4 signs with")])
    return found


def _no_credentials(error: BotoCoreError) -> NotConfigured:
    """The words of most errors come from a process or a service, and are not ours to repeat."""
    problem = f"cannot be had ({type(error).__name__}); see what `aws sts get-caller-identity` says"
    if isinstance(error, (PartialCredentialsError, ProfileNotFound)):
        problem = str(error)
    return NotConfigured([("AWS credentials", problem)])
