"""matching's table in moto, who is found in it, and the vendor and the receiver as one HTTP server on loopback."""

import json
import threading
from collections import Counter
from functools import cache
from typing import Any

from core import aws, rows
from tests.support.loopback import Handler, Server

VENDOR_KEY = "vendor-key"
SEASON = "2026-27"
SEARCH: dict[str, Any] = {
    "seeker": {"userId": "seeker-1", "level": 1, "languages": ["en", "ko"], "disciplines": ["carving", "freeride"]},
    "criteria": {"resort": "whistler", "startDate": "2027-01-10", "endDate": "2027-01-16", "kind": "buddy"},
}
"""A search that waits for nobody."""
# What the vendor answers to requests about a resort: these one after another, the last one for ever.
_VENDOR = {"whistler": [202], "busy": [503, 429, 202], "down": [503], "refusing": [401]}
# What a receiver answers at a path.
_RECEIVERS = {"/taken": [204], "/busy": [503, 500, 200], "/down": [503], "/gone": [410]}


def search(resort: str = "whistler", **fields: Any) -> dict[str, Any]:
    """A search at a resort, with other fields than SEARCH's: those of criteria, and the search's own."""
    names = ("callbackUrl", "searchId", "owner", "sessionId")
    own: dict[str, Any] = {name: fields.pop(name) for name in names if name in fields}
    return {**SEARCH, "criteria": {**SEARCH["criteria"], "resort": resort, **fields}, **own}


def profile(user_id: str, resort: str = "whistler", season: str = SEASON, **fields: Any) -> dict[str, Any]:
    """A row of table `profiles`: somebody whom every search of SEARCH's kind finds."""
    return {
        "place": f"{resort}#{season}",
        "userId": user_id,
        "kinds": ["buddy", "coach"],
        "level": 2,
        "languages": ["en"],
        "disciplines": ["carving"],
        "certification": "CASI",
        "availability": [{"startDate": "2027-01-01", "endDate": "2027-01-31"}],
        **fields,
    }


def create_matching_tables(stage: str) -> None:
    """Creates the table of profiles as infra does, with three people at each resort, and what the vendor is reached
    with.
    """
    outside().forget()
    aws.dynamodb().create_table(
        TableName=f"profiles-{stage}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "place", "AttributeType": "S"},
            {"AttributeName": "userId", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "place", "KeyType": "HASH"}, {"AttributeName": "userId", "KeyType": "RANGE"}],
    )
    for resort in _VENDOR:
        seed_profiles([profile(f"rider-{number}", resort, level=number) for number in (1, 2, 3)], stage)
    aws.secretsmanager().create_secret(Name=f"matching-vendor-{stage}", SecretString=VENDOR_KEY)
    name = f"/durable-workflows/{stage}/matching-vendor-url"
    aws.ssm().put_parameter(Name=name, Value=f"{outside().url}/v1", Type="String")


def seed_profiles(profiles: list[dict[str, Any]], stage: str = "test") -> None:
    """Puts rows into table `profiles`."""
    for row in profiles:
        aws.dynamodb().put_item(TableName=f"profiles-{stage}", Item=rows.to_item(row))


class Outside(Server):
    """The vendor at /v1/reviews, who wants the key, and receivers at /taken, /busy, /down and /gone."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self._seen: Counter[str] = Counter()
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        """Path, headers (in lower case) and body of each request."""

    def forget(self) -> None:
        """As if nobody had called."""
        self._seen.clear()
        self.requests.clear()

    def answer_to(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """The status that a request is answered with."""
        self.requests.append((path, headers, body))
        key, statuses = path, _RECEIVERS.get(path, [404])
        if path == "/v1/reviews":
            if headers.get("authorization") != f"Bearer {VENDOR_KEY}":
                return 401
            key = json.loads(body)["resort"]
            statuses = _VENDOR[key]
        self._seen[key] += 1
        return statuses[min(self._seen[key], len(statuses)) - 1]


class _Handler(Handler):
    server: Outside

    def answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(self.server.answer_to(self.path, headers, self.body()))
        self.send_header("Content-Length", "0")
        self.end_headers()


@cache
def outside() -> Outside:
    """The vendor and the receivers, started by whoever needs them first; they end with the process."""
    server = Outside()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
