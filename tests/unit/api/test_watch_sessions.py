"""POST /progress: where to watch sessions, for callers with a key, with a ticket that browsers can be given."""

from urllib.parse import parse_qs, urlsplit

import pytest

from core import aws
from core.clock import ahead
from core.watch_tickets import TICKET_SECONDS, sessions_of
from tests.support.clock import at
from tests.support.tables import forget_settings
from tests.unit.api.calling import Answer, call

SECRET = "p" * 64


@pytest.fixture(autouse=True)
def progress(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret and the parameter of the WebSocket API."""
    monkeypatch.setenv("PROGRESS_SECRET", "progress-test")
    monkeypatch.setenv("PROGRESS_URL_PARAMETER", "/durable-workflows/test/progress-url")
    forget_settings()
    name, url = "/durable-workflows/test/progress-url", "wss://sockets.example/test"
    aws.secretsmanager().create_secret(Name="progress-test", SecretString=SECRET)
    aws.ssm().put_parameter(Name=name, Value=url, Type="String")


def ask(*session_ids: object) -> Answer:
    return call("watch_sessions", body={"sessionIds": session_ids})


def test_the_url_has_a_ticket_for_the_sessions_asked_for_each_once_that_need_not_exist() -> None:
    with at("2026-11-21T09:00Z"):
        answer = ask("s-1", "s-2", "s-1")
        assert answer.json["expiresAt"] == ahead(TICKET_SECONDS)
    assert answer.status == 200
    url = urlsplit(answer.json["url"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == "wss://sockets.example/test"
    [ticket] = parse_qs(url.query)["ticket"]
    assert sessions_of(ticket, SECRET) == ["s-1", "s-2"]


@pytest.mark.parametrize("session_ids", [[], ["a b"], [7], ["s"] * 101])
def test_what_names_no_sessions_is_refused(session_ids: list[object]) -> None:
    answer = ask(*session_ids)
    assert (answer.status, answer.code) == (400, "InvalidInput")
    assert answer.json["error"]["details"][0]["field"].startswith("sessionIds")
