"""A Lambda with nothing but its work: one client, one write, one log line. Sessions are measured against four of it.

It logs because MiniStack waits up to 50 ms for the output of a Lambda that logs nothing.
"""

import os

import boto3

TABLE = os.environ["TABLE"]
dynamodb = boto3.client("dynamodb")


def handler(event: dict[str, str], _context: object) -> dict[str, str]:
    dynamodb.update_item(
        TableName=TABLE,
        Key={"sessionId": {"S": event["sessionId"]}},
        UpdateExpression="SET #status = :done ADD #writes :one",
        ExpressionAttributeNames={"#status": "status", "#writes": "writes"},
        ExpressionAttributeValues={":done": {"S": "done"}, ":one": {"N": "1"}},
    )
    print("step done")
    return event
