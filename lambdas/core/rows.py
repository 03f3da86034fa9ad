"""DynamoDB rows as JSON objects: read one, or write it if it is the first with its key.

JSON knows ints and floats, DynamoDB decimals; boto3's own converters stand between them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from core import aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

Json = dict[str, Any]

REFUSED = "ConditionalCheckFailed"
_BUSY = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def get(table: str, key: Json) -> Json | None:
    """The row as it is now (a consistent read), or None."""
    answer = aws.dynamodb().get_item(TableName=table, Key=to_item(key), ConsistentRead=True)
    return from_item(answer["Item"]) if "Item" in answer else None


def get_many(table: str, keys: Iterable[Json]) -> list[Json]:
    """The rows of at most 100 keys as they are now; those that exist, in no order."""
    left: list[Any] = [to_item(key) for key in keys]
    found: list[Json] = []
    while left:
        request: Any = {table: {"Keys": left, "ConsistentRead": True}}
        answer = aws.dynamodb().batch_get_item(RequestItems=request)
        found += map(from_item, answer["Responses"].get(table, []))
        # What was too much for one answer. Each answer holds something: reading nothing is an error, throttling.
        unread: Any = answer.get("UnprocessedKeys", {})
        left = unread[table]["Keys"] if table in unread else []
    return found


def put_first(table: str, row: Json, replacing: tuple[str, str, Any]) -> Json | None:
    """Writes a row unless one with its key is there: None if it did, else the row that was there, untouched.

    replacing: attribute, comparator and value that tell a row which no longer counts, e.g. `("ttl", "<", 1795219200)`.
    """
    attribute, comparator, value = replacing
    try:
        aws.dynamodb().put_item(
            TableName=table,
            Item=to_item(row),
            ConditionExpression=f"attribute_not_exists(sessionId) OR #old {comparator} :old",
            ExpressionAttributeNames={"#old": attribute},
            ExpressionAttributeValues=to_item({":old": value}),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        return refused(error)
    return None


def transact(writes: "Sequence[TransactWriteItemTypeDef]") -> list[Any]:
    """Writes all or nothing: an empty list if it did, else the reason of each write, whose `Code` is REFUSED where its
    condition did not hold; where none is, others write to the same rows at the same time.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
    """
    try:
        aws.dynamodb().transact_write_items(TransactItems=writes)
    except ClientError as error:
        reasons: list[Any] = cast(Json, error.response).get("CancellationReasons", [])
        if not {reason["Code"] for reason in reasons} & {REFUSED, *_BUSY}:
            raise
        return reasons
    return []


def refused(error: ClientError) -> Json | None:
    """The row that made a condition fail, or None where there is no row. Any other error is raised again."""
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
    old = cast(Json, error.response).get("Item")
    return from_item(old) if old else None


def to_item(values: Json) -> dict[str, Any]:
    """A JSON object as an item's attributes."""
    decimals = json.loads(json.dumps(values), parse_float=Decimal)
    return {name: _serializer.serialize(value) for name, value in decimals.items()}


def from_item(item: Mapping[str, Any]) -> Json:
    """An item's attributes as a JSON object."""
    values = {name: _deserializer.deserialize(value) for name, value in item.items()}
    plain: Json = json.loads(json.dumps(values, default=_number))
    return plain


def _number(value: object) -> int | float:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is not JSON")
    return int(value) if value == value.to_integral_value() else float(value)
