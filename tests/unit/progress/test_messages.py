"""Who may connect, and what a client's messages are answered with."""

import io
import json
from typing import Any
from unittest.mock import patch

import pytest

from core import aws, clock
from core.observability import logger
from core.watch_tickets import TICKET_SECONDS, ticket_for
from progress import authorize_watcher, subscribing
from tests.support.clock import at
from tests.support.executions import unreachable
from tests.unit.progress.clients import (
    SECRET,
    Clients,
    changed,
    connect,
    connecting,
    disconnect,
    new_session,
    push,
    refusal,
    say,
    subscribe,
    watchers_of,
    watching,
)

pytestmark = pytest.mark.usefixtures("connections")


def effect(ticket: str | None) -> str:
    answer = authorize_watcher.handler(connecting(ticket), None)
    [statement] = answer["policyDocument"]["Statement"]
    assert statement["Resource"].endswith("/$connect")
    return str(statement["Effect"])


class TestTickets:
    def test_a_ticket_opens_a_connection(self) -> None:
        assert effect(ticket_for(["s-1"], SECRET)) == "Allow"

    @pytest.mark.parametrize(
        "ticket",
        [None, "", "x", ticket_for(["s-1"], "another" * 9), ticket_for(["s-1"], SECRET)[:-1], "A" * 9000],
        ids=["none", "empty", "nonsense", "forged", "cut short", "long"],
    )
    def test_anything_else_does_not(self, ticket: str | None) -> None:
        assert effect(ticket) == "Deny"

    def test_a_ticket_opens_none_once_it_is_old(self) -> None:
        with patch("itsdangerous.timed.time.time", return_value=1_795_219_200):
            ticket = ticket_for(["s-1"], SECRET)
        with patch("itsdangerous.timed.time.time", return_value=1_795_219_200 + TICKET_SECONDS + 1):
            assert effect(ticket) == "Deny"

    def test_one_for_a_hundred_sessions_of_the_longest_ids_fits_into_a_request_line(self) -> None:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        ids = ["".join(alphabet[(37 * i * i + 11 * j * j * (i + 3) + j) % 64] for j in range(64)) for i in range(100)]
        assert len(ticket_for(ids, SECRET)) < 8000

    def test_it_is_in_no_log(self, monkeypatch: pytest.MonkeyPatch) -> None:
        written, ticket = io.StringIO(), ticket_for(["s-1"], "another" * 9)
        monkeypatch.setattr(logger.registered_handler, "stream", written)
        effect(ticket)
        assert "refused" in written.getvalue()
        assert ticket not in written.getvalue()


class TestAnswers:
    def test_a_ping_is_answered(self, clients: Clients) -> None:
        client = connect("s-1")
        say(client, {"action": "ping"})
        assert clients.sent[client] == [{"type": "pong"}]
        subscribe(client, "s-1")
        say(client, {"action": "ping"})
        assert clients.last(client) == {"type": "pong"}

    @pytest.mark.parametrize(
        ("message", "code"),
        [
            ("", "InvalidMessage"),
            ("{", "InvalidMessage"),
            ("[" * 1000, "InvalidMessage"),
            ("[]", "InvalidMessage"),
            (json.dumps({"action": "ping", "more": "x" * 2000}), "InvalidMessage"),
            ({"action": "subscribe"}, "InvalidMessage"),
            ({"action": "subscribe", "sessionId": 7}, "InvalidMessage"),
            ({"action": "subscribe", "sessionId": ""}, "InvalidMessage"),
            ({"action": "subscribe", "sessionId": "\ud800"}, "InvalidMessage"),
            ({"action": "subscribe", "sessionId": "connection/1"}, "InvalidMessage"),
            ({"action": "subscribe", "sessionId": "x" * 900}, "InvalidMessage"),
            ({"action": "dance", "sessionId": "\ud800"}, "UnknownAction"),
            ({}, "UnknownAction"),
            ({"action": "dance"}, "UnknownAction"),
            ({"action": ["ping"]}, "UnknownAction"),
        ],
    )
    def test_what_is_no_message_is_answered_with_what_is_wrong(self, clients: Clients, message: Any, code: str) -> None:
        client = connect("s-1")
        say(client, message)
        [answer] = clients.sent[client]
        assert (answer["type"], answer["code"]) == ("error", code)
        assert answer["message"].endswith(".")
        assert "sessionId" not in answer

    def test_a_session_that_the_ticket_does_not_name_is_not_shown(self, clients: Clients) -> None:
        client = watching("s-1")
        subscribe(client, "s-2")
        answer = clients.last(client)
        assert (answer["code"], answer["sessionId"]) == ("NotAllowed", "s-2")
        assert watchers_of("s-2") == []

    def test_a_service_that_is_down_is_named_and_the_client_may_try_again(self, clients: Clients) -> None:
        session_id = new_session()["sessionId"]
        client = connect(session_id)
        with unreachable("get_item", aws.dynamodb()):
            subscribe(client, session_id)
        assert clients.last(client)["code"] == "AwsUnavailable"
        subscribe(client, session_id)
        assert clients.last(client)["type"] == "subscribed"

    def test_a_client_that_has_gone_gets_no_answer_and_that_is_no_error(self, clients: Clients) -> None:
        client = connect("s-1")
        clients.gone.add(client)
        for message in ({"action": "ping"}, {"action": "subscribe", "sessionId": "s-1"}, "nonsense"):
            say(client, message)
        assert clients.sent == {}

    def test_a_client_that_was_cut_off_and_is_still_connected_is_told_to_connect_again(self, clients: Clients) -> None:
        record = new_session()
        client = watching(record["sessionId"])
        clients.failing[client] = refusal("LimitExceededException", 429)
        push(changed(record))
        assert clients.closed == [client]
        clients.failing.clear()
        for message in ({"action": "ping"}, {"action": "subscribe", "sessionId": record["sessionId"]}):
            say(client, message)
            assert (clients.last(client)["type"], clients.last(client)["code"]) == ("error", "NotConnected")


class TestSubscribing:
    def test_twice_pushes_once(self, clients: Clients) -> None:
        record = new_session()
        client = watching(record["sessionId"])
        subscribe(client, record["sessionId"])
        push(changed(record))
        assert [message["type"] for message in clients.sent[client]] == [
            "progress",
            "subscribed",
            "subscribed",
            "progress",
        ]

    def test_to_a_session_that_does_not_exist_yet_pushes_it_from_its_first_version(self, clients: Clients) -> None:
        client = connect("not-yet")
        subscribe(client, "not-yet")
        assert clients.sent[client] == [{"type": "subscribed", "sessionId": "not-yet", "exists": False}]
        push({**new_session(), "sessionId": "not-yet"})
        assert clients.versions(client) == [1]

    def test_a_session_has_so_many_watchers_and_no_more(
        self, clients: Clients, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(subscribing, "MOST_WATCHERS", 1)
        session_id = new_session()["sessionId"]
        first, second = watching(session_id), watching(session_id)
        assert clients.last(second)["code"] == "TooManyWatchers"
        disconnect(first)
        subscribe(second, session_id)
        assert clients.last(second)["type"] == "subscribed"

    def test_who_is_among_them_may_subscribe_again(self, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(subscribing, "MOST_WATCHERS", 1)
        session_id = new_session()["sessionId"]
        client = watching(session_id)
        subscribe(client, session_id)
        assert clients.last(client)["type"] == "subscribed"

    def test_those_whose_connections_have_ended_are_none_of_them(
        self, clients: Clients, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(subscribing, "MOST_WATCHERS", 1)
        record = new_session()
        earlier = watching(record["sessionId"])
        with at(clock.ahead(3 * 60 * 60)):
            later = watching(record["sessionId"])
            push(changed(record))
        assert clients.versions(later) == [1, 2]
        assert clients.versions(earlier) == [1]

    def test_a_write_that_is_repeated_because_its_answer_was_lost_is_no_earlier_subscription(
        self, clients: Clients
    ) -> None:
        record = new_session()
        client = connect(record["sessionId"])
        put_item = aws.dynamodb().put_item
        with patch.object(aws.dynamodb(), "put_item", lambda **row: [put_item(**row) for _ in range(2)]):
            subscribe(client, record["sessionId"])
        assert [message["type"] for message in clients.sent[client]] == ["progress", "subscribed"]

    def test_to_what_does_not_exist_yet_leaves_nothing_where_the_client_has_gone_meanwhile(
        self, clients: Clients
    ) -> None:
        client = connect("never")
        clients.gone.add(client)
        subscribe(client, "never")
        assert watchers_of("never") == []

    @pytest.mark.parametrize("again", [False, True])
    def test_who_misses_the_answer_learns_that_it_is_to_connect_again(self, clients: Clients, again: bool) -> None:
        session_id = new_session()["sessionId"]
        client = watching(session_id) if again else connect(session_id)
        clients.failing[client] = refusal("LimitExceededException", 429)
        subscribe(client, session_id)
        assert watchers_of(session_id) == []
        clients.failing.clear()
        say(client, {"action": "ping"})
        assert clients.last(client)["code"] == "NotConnected"

    def test_a_client_that_disconnects_is_forgotten_with_all_it_watched(self, clients: Clients) -> None:
        records = [new_session() for _ in range(3)]
        client = connect(*(record["sessionId"] for record in records))
        for record in records[:2]:
            subscribe(client, record["sessionId"])
        for _ in range(2):
            disconnect(client)
        push(*(changed(record) for record in records))
        assert [watchers_of(record["sessionId"]) for record in records] == [[], [], []]
        assert clients.versions(client) == [1, 1]
        subscribe(client, records[2]["sessionId"])
        assert clients.last(client)["code"] == "NotConnected"
