"""What an execution says about its session: which one it is, and whether two inputs are the same."""

import hashlib
import json
import re
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.models import Model, SessionId
from core.rows import Json

# matching calls its sessions searches.
_ID_NAMES = ("sessionId", "session_id", "searchId", "search_id")

# What an execution hands to the one that continues its session, beside the input.
_CARRIED = "continuation"

_session_id = TypeAdapter(SessionId)


class Execution(Model):
    """The state machine's execution, from `$states.context.Execution`."""

    id: str
    name: str
    start_time: str


def execution_arn(machine_arn: str, name: str) -> str:
    """The ARN that a machine's execution of this name has, or will have."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def session_id_of(raw: Any, execution_name: str) -> str:
    """The session an execution belongs to: its input's sessionId or searchId, else its name.

    A sessionId outside the alphabet counts as none, so that the refusal of such an input has a record to stand in.
    A name outside it (EventBridge's are 73 characters long, others hold dots) is written in the alphabet, with a
    hash of the whole name so that two names stay two.
    """
    if isinstance(raw, dict):
        given = next((raw[name] for name in _ID_NAMES if raw.get(name) is not None), None)
        if _fits(given):
            return str(given)
    if _fits(execution_name):
        return execution_name
    digest = hashlib.sha256(execution_name.encode()).hexdigest()[:16]
    return re.sub(r"[^A-Za-z0-9_-]", "-", execution_name)[:47] + "-" + digest


def split(raw: Any) -> tuple[Any, Any]:
    """An execution's input as the session was started with it, and what the execution before has handed on, or None."""
    if not isinstance(raw, dict):
        return raw, None
    return {name: value for name, value in raw.items() if name != _CARRIED}, raw.get(_CARRIED)


def continued(raw: Json, session_id: str, carried: Json | None) -> Json:
    """The input of the execution that goes on with a session which was started with this one."""
    return {**raw, "sessionId": session_id, **({} if carried is None else {_CARRIED: carried})}


def input_hash(raw: Any) -> str:
    """SHA-256 of an input without its session's id and what was handed on, the same for every order of keys and for 1
    and 1.0.
    """
    raw, _ = split(raw)
    if isinstance(raw, dict):
        raw = {name: value for name, value in raw.items() if name not in _ID_NAMES}
    canonical = json.dumps(_whole_numbers(raw), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _fits(candidate: object) -> bool:
    try:
        _session_id.validate_python(candidate, strict=True)
    except ValidationError:
        return False
    return True


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
