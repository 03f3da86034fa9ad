"""Where a local cloud's public API is, and the key it wants."""

from dataclasses import dataclass

import boto3

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
    # In the path: a host of its own, <id>.execute-api.localhost, may not resolve.
    base = f"http://localhost:{cloud.port}/_aws/execute-api"
    return PublicApi(f"{base}/{ids['api-local']}/{STAGE}", f"{base}/{ids['api-iam-local']}/{STAGE}", keys[0]["value"])
