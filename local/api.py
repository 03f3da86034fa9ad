"""Where a local cloud's public API is and the key it wants, and where it pushes progress."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import urllib3

from local.cloud import Cloud, LocalError

STAGE = "local"


@dataclass(frozen=True)
class PublicApi:
    """The URLs of the REST API that wants the key, and of the one that wants AWS signatures; no slash at their ends."""

    url: str
    iam_url: str
    key: str

    def environment(self) -> dict[str, str]:
        """The variables that the guides use."""
        return {"API_URL": self.url, "API_IAM_URL": self.iam_url, "API_KEY": self.key}


def public_api(cloud: Cloud) -> PublicApi:
    """Raises LocalError when the cloud does not run or has no API."""
    client = boto3.client("apigateway", **cloud.connection())
    ids = {api["name"]: api["id"] for api in client.get_rest_apis(limit=500)["items"]}
    keys = client.get_api_keys(includeValues=True)["items"]
    if not {"api-local", "api-iam-local"} <= ids.keys() or not keys:
        raise LocalError("The local cloud has no API; deploy with `make up`.")
    url, iam_url = (f"http://{_address(cloud, ids[name])}" for name in ("api-local", "api-iam-local"))
    return PublicApi(url, iam_url, keys[0]["value"])


def start(cloud: Cloud, workflow: str, given: Mapping[str, Any]) -> None:
    """Have the API start a session with this input. Raises LocalError when it refuses it."""
    api = public_api(cloud)
    url = f"{api.url}/workflows/{workflow}/start"
    answer = urllib3.request("POST", url, headers={"x-api-key": api.key}, json=given)
    if answer.status != 202:
        raise LocalError(f"The API did not start {workflow}: {answer.data.decode()}")


def progress_url(cloud: Cloud) -> str:
    """Where programs connect that watch sessions. Raises LocalError when the cloud does not run or has no such API."""
    for api in boto3.client("apigatewayv2", **cloud.connection()).get_apis(MaxResults="500")["Items"]:
        if api["Name"] == "progress-local":
            return f"ws://{_address(cloud, api['ApiId'])}"
    raise LocalError("The local cloud pushes no progress; deploy with `make up`.")


def _address(cloud: Cloud, api_id: str) -> str:
    # In the path: a host of its own, <id>.execute-api.localhost, may not resolve.
    return f"localhost:{cloud.port}/_aws/execute-api/{api_id}/{STAGE}"
