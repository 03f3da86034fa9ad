"""The Lambda of these tests: it does what its event asks for and says where it runs."""

import os
import sys
import time
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, object]:
    sys.stdout.write(event.get("print", "") + "\n")
    time.sleep(event.get("sleep", 0))
    if "fail" in event:
        raise ValueError(event["fail"])
    return {"pid": os.getpid(), "python": sys.executable, "environment": dict(os.environ)}
