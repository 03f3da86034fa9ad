"""The embedded catalogs, as files. Tests vouch for what is in them, so that a cold start only parses."""

import json
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("data")


def read(name: str) -> Any:
    """The content of `data/<name>.json`."""
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
