"""openapi.json against the API on the local cloud: requests made up from it, good ones and bad ones, and requests about
sessions that there are. No answer is a 5xx, and each is as the document says.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.openapi import DOCUMENT
from tests.api.conftest import Asked
from tests.e2e.conftest import Deployed

pytestmark = pytest.mark.xdist_group("local_cloud")

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
WHOLE = json.loads(DOCUMENT.read_text(encoding="utf-8"))
SCHEMA = schemathesis.openapi.from_dict(WHOLE)
OPERATIONS = {
    operation["operationId"]: SCHEMA[path][method]
    for path, item in WHOLE["paths"].items()
    for method, operation in item.items()
}
# These are asked for without anything that could be wrong.
PLAIN = ("get_openapi", "create_upload")
MADE_UP = [(name, mode) for name in OPERATIONS for mode in GenerationMode if not (name in PLAIN and mode == "negative")]

# Always the same requests, and never one that took too long.
SETTINGS = settings(
    max_examples=20, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


def checked(deployed: Deployed, request: Any) -> int:
    """Sends a request, and returns its answer's status."""
    answer = request.call_and_validate(
        base_url=deployed.api.url, headers={"x-api-key": deployed.api.key}, checks=CHECKS
    )
    return int(answer.status_code)


@pytest.mark.parametrize(("operation", "mode"), MADE_UP)
def test_made_up_requests_get_answers_that_the_document_names(
    operation: str, mode: GenerationMode, deployed: Deployed
) -> None:
    @SETTINGS
    @given(request=OPERATIONS[operation].as_strategy(generation_mode=mode))
    def probe(request: Any) -> None:
        checked(deployed, request)

    probe()


def test_answers_about_sessions_that_there_are_are_as_the_document_says(
    deployed: Deployed, asked: Callable[[], Asked]
) -> None:
    session_id, link = asked()
    waits = {"sessionId": session_id}
    ticket = {"ticket": parse_qs(urlsplit(link).query)["ticket"][0]}
    approval = {"callbackId": urlsplit(link).path.rpartition("/")[2]}
    form = {"media_type": "application/x-www-form-urlencoded"}

    def ask(operation: str, **parts: Any) -> int:
        return checked(deployed, OPERATIONS[operation].Case(**parts))

    assert ask("get_session", path_parameters=waits) == 200
    assert ask("list_sessions", query={"workflow": "order", "limit": 1}) == 200
    assert ask("batch_sessions", body={"sessionIds": [session_id, "nobody"]}, media_type="application/json") == 200
    assert ask("retry_session", path_parameters=waits) == 409
    assert ask("send_signal", path_parameters=waits | {"name": "escalate"}) == 409
    assert ask("show_approval", path_parameters=approval, query=ticket) == 200
    assert ask("decide_approval", path_parameters=approval, query=ticket, body={"action": "maybe"}, **form) == 400
    assert ask("decide_approval", path_parameters=approval, query=ticket, body={"action": "approve"}, **form) == 200
    assert ask("decide_approval", path_parameters=approval, query=ticket, body={"action": "reject"}, **form) == 409
    deployed.ended_record(session_id)
    assert ask("get_session", path_parameters=waits) == 200
    assert ask("cancel_session", path_parameters=waits) == 409
    assert ask("send_signal", path_parameters=waits | {"name": "approve"}) == 409


def test_cancelling_is_as_the_document_says(deployed: Deployed, asked: Callable[[], Asked]) -> None:
    session_id, link = asked()
    waits = {"sessionId": session_id}
    cancel = OPERATIONS["cancel_session"]

    assert checked(deployed, cancel.Case(path_parameters=waits)) == 202
    assert deployed.ended_record(session_id)["status"] == "cancelled"
    assert checked(deployed, cancel.Case(path_parameters=waits)) == 202
    assert checked(deployed, OPERATIONS["retry_session"].Case(path_parameters=waits)) == 409
    assert deployed.decide(link, "approve").status == 410
