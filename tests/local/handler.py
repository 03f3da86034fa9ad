"""The Lambda of these tests: it does what its event asks for and says where it runs."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, object]:
    match event.get("Records"):
        case [{"eventSource": "aws:sqs"}, *_] as messages:
            return _fail_marked(messages)
        case [*_] as changes:
            return _fail_first(changes)
    sys.stdout.write(event.get("print", "") + "\n")
    if "keep" in event:
        _note(event["keep"], event["token"])
    held = b"x" * event.get("megabytes", 0) * 1_000_000
    time.sleep(event.get("sleep", 0))
    if "fail" in event:
        raise ValueError(event["fail"])
    return {"pid": os.getpid(), "python": sys.executable, "environment": dict(os.environ), "held": len(held)}


def _fail_first(records: list[dict[str, Any]]) -> dict[str, object]:
    """Notes each record of a stream in the file that it names, and fails each the first time."""
    failed = []
    for record in records:
        item = record["dynamodb"]["NewImage"]
        if not _note(item["file"]["S"], item["id"]["S"]):
            failed.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
    return {"batchItemFailures": failed}


def _fail_marked(messages: list[dict[str, Any]]) -> dict[str, object]:
    """Notes the id of each message's event in the file that its detail names, and fails those that are to fail."""
    failed = []
    for message in messages:
        event = json.loads(message["body"])
        _note(event["detail"]["file"], event["detail"]["id"])
        if event["detail"]["fails"]:
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def _note(file: str, line: str) -> bool:
    """Adds a line to the file; whether it was there already."""
    path = Path(file)
    known = path.read_text().splitlines() if path.exists() else []
    with path.open("a") as notes:
        notes.write(f"{line}\n")
    return line in known
