"""The process of the local cloud, started by `local.cloud`: MiniStack with its gaps closed, and beside it the vendor
that matching asks.
"""

import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
REGION = "us-east-1"
VENDOR_PATH = "/_vendor"
VENDOR_KEY = "key-of-the-simulated-vendor"

Scope = MutableMapping[str, Any]
Asgi = Callable[[Scope, Any, Any], Awaitable[None]]


def environment(port: int, temporary: Path) -> dict[str, str]:
    """The variables MiniStack reads, some of which its Lambdas inherit.

    port: where it listens, on loopback only. temporary: the folder that takes every file it and its Lambdas write.
    """
    return {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "AUTH": "true",  # IAM is enforced
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "30",  # of a Lambda's second and further processes, once idle
        "TMPDIR": str(temporary),
        "LAMBDA_PYTHON": sys.executable,
        # By number: boto3 then puts a bucket's name into the path, for <bucket>.localhost may not resolve.
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "NO_PROXY": f"localhost,{HOST}",
        "no_proxy": f"localhost,{HOST}",
    }


def main(beside: Callable[[Asgi], Asgi]) -> None:
    """Serve until ended: MiniStack, and what stands beside or before it. MiniStack is imported here only, for it reads
    its environment when it is imported.
    """
    from ministack import app

    from local.gaps import close_all

    close_all()
    app.app = beside(app.app)
    app.main()


def with_vendor(cloud: Asgi) -> Asgi:
    """The web app that hands requests under /_vendor to the vendor, and all others to the cloud."""

    async def serve(scope: Scope, receive: Any, send: Any) -> None:
        outside = scope["type"] == "http" and scope["path"].startswith(f"{VENDOR_PATH}/")
        await (_vendor() if outside else cloud)(scope, receive, send)

    return serve


@cache
def _vendor() -> Asgi:
    """Imported once somebody asks it: a third of the time that the cloud takes to start."""
    from starlette.routing import Mount, Router

    from local.vendor import vendor_app

    return Router([Mount(VENDOR_PATH, vendor_app(VENDOR_KEY, _webhooks_secret))])


def _webhooks_secret() -> str:
    """What the app of this cloud expects webhooks to be signed with."""
    import boto3

    client = boto3.client(
        "secretsmanager",
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  # the root user's, as in `Cloud.connection`
        region_name=REGION,
    )
    return client.get_secret_value(SecretId="webhooks-local")["SecretString"]


if __name__ == "__main__":
    main(with_vendor)
