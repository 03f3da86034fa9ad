"""What the app finds around it on the local cloud only: an address that links lead to, a mailbox, goods to order."""

import json

import boto3

from local.api import public_api
from local.cloud import ROOT, Cloud
from local.mailbox import open_mailbox

INVENTORY = ROOT / "local" / "samples" / "inventory.json"
API_URL_PARAMETER = "/durable-workflows/local/api-url"


def surround(cloud: Cloud) -> None:
    """Have the surroundings of the deployed app; what is there already stays as it is.

    Raises LocalError when the app is not deployed.
    """
    ssm = boto3.client("ssm", **cloud.connection())
    # What the deploy writes is the address that the API would have on AWS.
    ssm.put_parameter(Name=API_URL_PARAMETER, Value=public_api(cloud).url, Type="String", Overwrite=True)
    open_mailbox(cloud)
    _stock(cloud)


def _stock(cloud: Cloud) -> None:
    """Put the products of the sample inventory on the shelves, each once: what was sold since stays sold."""
    dynamodb = boto3.client("dynamodb", **cloud.connection())
    for product in json.loads(INVENTORY.read_text()):
        item = {
            "productId": {"S": product["productId"]},
            "name": {"S": product["name"]},
            "available": {"N": str(product["available"])},
        }
        try:
            dynamodb.put_item(
                TableName="inventory-local", Item=item, ConditionExpression="attribute_not_exists(productId)"
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            continue
