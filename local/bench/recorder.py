"""A Lambda that stands before every Lambda of a state machine: it keeps the event and passes it on."""

import json
import os
from typing import Any

import boto3

TABLE = os.environ["TABLE"]
dynamodb = boto3.client("dynamodb")
functions = boto3.client("lambda")


def handler(call: dict[str, Any], _context: object) -> Any:
    """`call`: {"session", "function", "event"}: the execution's name, the Lambda's ARN, what it is sent."""
    dynamodb.update_item(
        TableName=TABLE,
        Key={"sessionId": {"S": call["session"]}},
        UpdateExpression="SET #calls = list_append(if_not_exists(#calls, :none), :call)",
        ExpressionAttributeNames={"#calls": "calls"},
        ExpressionAttributeValues={":none": {"L": []}, ":call": {"L": [{"S": json.dumps(call)}]}},
    )
    answer = functions.invoke(FunctionName=call["function"], Payload=json.dumps(call["event"]).encode())
    output = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise RuntimeError(output)
    return output
