"""The two ways, each as the environment that has the service go it."""

import json
from collections import defaultdict
from dataclasses import dataclass

import boto3
import redis

from local.api import public_api
from local.cloud import Cloud
from local.launcher import VENDOR_KEY
from local.surroundings import PROFILES, vendor_url

REVIEW_SECONDS = 600
"""That the local way would wait for the vendor: longer than any caller does here."""


@dataclass(frozen=True)
class Way:
    """name: as the service itself calls it. environment: what the service reads beside what every process has."""

    name: str
    environment: dict[str, str]


def durable(cloud: Cloud, service_url: str) -> Way:
    """Through the workflow `matching` of this cloud. Raises LocalError when the app is not deployed."""
    api = public_api(cloud)
    return Way(
        "durable",
        {
            "MATCHING_WORKFLOW_URL": api.url,
            "MATCHING_WORKFLOW_API_KEY": api.key,
            "MATCHING_WORKFLOW_CALLBACK_URL": f"{service_url}/matching/callbacks",
            "MATCHING_SERVICE_DELIVERIES_SECRET": _secret(cloud, "deliveries-local"),
        },
    )


def local(cloud: Cloud, service_url: str, redis_url: str) -> Way:
    """Through a background task and this Redis; the vendor is this cloud's. Puts the sample profiles into the Redis."""
    _enrol(redis_url)
    return Way(
        "local",
        {
            "MATCHING_SERVICE_REDIS_URL": redis_url,
            "MATCHING_SERVICE_VENDOR_URL": vendor_url(cloud),
            "MATCHING_SERVICE_VENDOR_API_KEY": VENDOR_KEY,
            "MATCHING_SERVICE_PUBLIC_URL": service_url,
            "MATCHING_SERVICE_WEBHOOKS_SECRET": _secret(cloud, "webhooks-local"),
            "MATCHING_SERVICE_REVIEW_SECONDS": str(REVIEW_SECONDS),
        },
    )


def _secret(cloud: Cloud, name: str) -> str:
    return boto3.client("secretsmanager", **cloud.connection()).get_secret_value(SecretId=name)["SecretString"]


def _enrol(redis_url: str) -> None:
    """The rows that the cloud's table has too: local/surroundings.py."""
    places: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for row in json.loads(PROFILES.read_text()):
        places[row["place"]][row["userId"]] = json.dumps(row)
    with redis.Redis.from_url(redis_url) as client:
        for place, rows in places.items():
            client.hset(f"profiles:{place}", mapping=rows)
