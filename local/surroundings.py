"""What the app finds around it on the local cloud only: its own addresses, a mailbox, goods to order, people to find,
the vendor that reviews them, and what riders have practised.
"""

import json
from decimal import Decimal
from typing import Any

import boto3

from local.api import progress_url, public_api
from local.cloud import ROOT, Cloud
from local.launcher import VENDOR_KEY, VENDOR_PATH
from local.mailbox import open_mailbox

INVENTORY = ROOT / "local" / "samples" / "inventory.json"
PROFILES = ROOT / "local" / "samples" / "profiles.json"
PRACTICES = ROOT / "local" / "samples" / "practices.json"
API_URL_PARAMETER = "/durable-workflows/local/api-url"
PROGRESS_URL_PARAMETER = "/durable-workflows/local/progress-url"
VENDOR_URL_PARAMETER = "/durable-workflows/local/matching-vendor-url"
VENDOR_SECRET = "matching-vendor-local"  # noqa: S105  # its name


def surround(cloud: Cloud) -> None:
    """Have the surroundings of the deployed app; what is there already stays as it is.

    Raises LocalError when the app is not deployed.
    """
    ssm = boto3.client("ssm", **cloud.connection())
    # What the deploy writes is the addresses that these would have on AWS, or on another port.
    addresses = {
        API_URL_PARAMETER: public_api(cloud).url,
        PROGRESS_URL_PARAMETER: progress_url(cloud),
        VENDOR_URL_PARAMETER: vendor_url(cloud),
    }
    for name, url in addresses.items():
        ssm.put_parameter(Name=name, Value=url, Type="String", Overwrite=True)
    _give_vendor_key(cloud)
    open_mailbox(cloud)
    _stock(cloud)
    _enrol(cloud)
    _practise(cloud)


def vendor_url(cloud: Cloud) -> str:
    """Where the simulated vendor is. Raises LocalError when the cloud does not run."""
    return f"http://localhost:{cloud.port}{VENDOR_PATH}"


def _give_vendor_key(cloud: Cloud) -> None:
    secrets = boto3.client("secretsmanager", **cloud.connection())
    try:
        secrets.create_secret(Name=VENDOR_SECRET, SecretString=VENDOR_KEY)
    except secrets.exceptions.ResourceExistsException:
        return


def _stock(cloud: Cloud) -> None:
    """Put the products of the sample inventory on the shelves: what was sold since stays sold."""
    _put_once(cloud, "inventory-local", "productId", json.loads(INVENTORY.read_text()))


def _enrol(cloud: Cloud) -> None:
    """Have the people of the sample profiles: who was changed since stays so."""
    _put_once(cloud, "profiles-local", "userId", json.loads(PROFILES.read_text()))


def _practise(cloud: Cloud) -> None:
    """Have the practices of the sample, which are only ever added to."""
    _put_once(cloud, "practices-local", "practiceId", json.loads(PRACTICES.read_text(), parse_float=Decimal))


def _put_once(cloud: Cloud, table: str, key: str, rows: list[dict[str, Any]]) -> None:
    dynamodb = boto3.resource("dynamodb", **cloud.connection())
    for row in rows:
        try:
            dynamodb.Table(table).put_item(Item=row, ConditionExpression=f"attribute_not_exists({key})")
        except dynamodb.meta.client.exceptions.ConditionalCheckFailedException:
            continue
