"""A fresh process that imports a Lambda's module and invokes it once, as a new Lambda environment does.

python -P fresh.py <module> [<file>]: the event is read from stdin; the file gets the DynamoDB requests made, as JSON.
It imports nothing that the Lambda does not import, unless it counts.
"""

import importlib
import json
import sys
from typing import Any


def count(requests: list[dict[str, Any]]) -> None:
    """Note each DynamoDB request from here on: operation, table, and bytes of its body."""
    import boto3

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        body = params["body"]
        table = json.loads(body).get("TableName")
        requests.append({"operation": model.name, "table": table, "bytes": len(body)})

    boto3.DEFAULT_SESSION = boto3.Session()  # what boto3.client makes its clients of
    boto3.DEFAULT_SESSION.events.register("before-call.dynamodb", note)


def main() -> None:
    module, *report = sys.argv[1:]
    requests: list[dict[str, Any]] = []
    if report:
        count(requests)
    answer = importlib.import_module(module).handler(json.load(sys.stdin), None)
    if report:
        with open(report[0], "w") as file:  # noqa: PTH123  # pathlib would be an import of ours
            json.dump(requests, file)
    if isinstance(answer, dict) and (answer.get("statusCode", 200) >= 400 or answer.get("batchItemFailures")):
        sys.exit(f"It refused its event: {answer}")


if __name__ == "__main__":
    main()
