"""The local cloud's process, which counts what the app's Lambdas ask of DynamoDB, S3 and EventBridge, and tells at
/_counts.
"""

import json
import re
from collections import Counter
from typing import Any

from local import launcher
from local.launcher import Asgi, Scope

COUNTS_PATH = "/_counts"
READ_UNIT = 4096

_CREDENTIAL = re.compile(rb"Credential=([^/]+)/[^/]+/[^/]+/(s3|dynamodb|events)/")
_ROOT = b"test"
"""The access key of whoever is no Lambda."""


def with_counts(cloud: Asgi) -> Asgi:
    """The web app that counts: requests to DynamoDB and EventBridge by operation, to S3 by method; and the units, at
    most, that DynamoDB's answers were read with.
    """
    counts: Counter[str] = Counter()

    async def serve(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == COUNTS_PATH:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": json.dumps(counts).encode()})
            return
        operation, answered = _operation(scope), 0

        async def counted(message: Any) -> None:
            nonlocal answered
            answered += len(message.get("body", b""))
            await send(message)

        await cloud(scope, receive, counted)
        if operation:
            counts[operation] += 1
        if operation in ("GetItem", "Query"):
            counts["readUnits"] += -(-answered // READ_UNIT)

    return serve


def _operation(scope: Scope) -> str | None:
    """`UpdateItem`, `S3 GET` and so on; None for what is not counted."""
    headers = dict(scope["headers"]) if scope["type"] == "http" else {}
    signed = _CREDENTIAL.search(headers.get(b"authorization", b""))
    if signed is None or signed[1] == _ROOT:
        return None
    if signed[2] == b"s3":
        return f"S3 {scope['method']}"
    return str(headers[b"x-amz-target"].decode().partition(".")[2])


if __name__ == "__main__":
    launcher.main(lambda cloud: with_counts(launcher.with_vendor(cloud)))
