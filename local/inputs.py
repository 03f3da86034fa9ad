"""What the demo and the bench start each workflow with."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local.cloud import LocalError

SAMPLES = Path(__file__).parent / "samples"


def sample_of(workflow: str) -> dict[str, Any]:
    """The workflow's sample input, without a sessionId. Raises LocalError when it has none."""
    path = SAMPLES / f"{workflow}.json"
    if not path.exists():
        raise LocalError(f"Workflow {workflow!r} has no sample input; write one to local/samples/{path.name}.")
    sample: dict[str, Any] = json.loads(path.read_text())
    return sample


def fresh_sample(workflow: str, session_id: str, *, due_seconds: float = 15) -> dict[str, Any]:
    """The sample input for one session, where the next session wants another; its id is in it.

    due_seconds: how long a reminder waits. Raises LocalError when the workflow has no sample.
    """
    return {"sessionId": session_id, **sample_of(workflow), **_fresh(workflow, session_id, due_seconds)}


def _fresh(workflow: str, session_id: str, due_seconds: float) -> Mapping[str, Any]:
    match workflow:
        case "course-review":  # a user has one review of a course
            return {"user_id": session_id}
        case "gear-reminder":
            return {"scheduledAt": later(due_seconds)}
    return {}


def payload_of(workflow: str, signal: str) -> dict[str, Any] | None:
    """A payload that the workflow takes with this signal; None where it takes none."""
    match workflow, signal:
        case "trip-request", "update":
            return {"startDate": "2030-01-13", "endDate": "2030-01-19"}
        case "course-review", "resubmit":
            return {"text": "Two wide blue runs, hardly any queue before ten; icy in the shade after three o'clock."}
        case "gear-reminder", "move":
            return {"scheduledAt": later(60)}
    return None


def later(seconds: float) -> str:
    """The moment in so many seconds, in UTC."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds")
