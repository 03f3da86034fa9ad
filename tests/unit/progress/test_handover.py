"""Who subscribes while a session runs: snapshot and pushes do not overtake one another, in any order of calls."""

import itertools
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from core import aws
from progress import subscribing
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.unit.progress.clients import (
    Clients,
    changed,
    connect,
    disconnect,
    new_session,
    push,
    say,
    subscribe,
    watchers_of,
    watching,
)

pytestmark = pytest.mark.usefixtures("connections")

SNAPSHOT = ["put_item connections-test", "get_item sessions-test", "post_to_connection", "update_item connections-test"]
"""The calls in which a subscription is opened; before them is the ticket's check, after them `subscribed` is sent."""
CHANGE = ["put_item sessions-test", "put_item connections-test"]
"""Those that end the two turns of a version: it is written; it is sent, or noted as pending, and then noted as told,
in a row that no subscriber reads.
"""


@pytest.fixture(autouse=True)
def quiet_bus() -> Iterator[None]:
    bus = SimpleNamespace(put_events=lambda **_: {"FailedEntryCount": 0})
    with patch.object(aws, "events", lambda: bus):
        yield


def subscriber(session_id: str) -> tuple[Delivery, str]:
    """A client's subscription, about to be opened."""
    connection_id = connect(session_id)
    delivery = Delivery("subscriber", lambda: subscribe(connection_id, session_id)).start()
    delivery.step()
    return delivery, connection_id


def session(versions: int, *, told_late: bool = False) -> tuple[Delivery, str]:
    """A session that changes so often, about to write the first: each version is told after it was written, or all of
    them at the end.
    """
    record = new_session()

    def run() -> None:
        written = [record]
        for _ in range(versions):
            written.append(changed(written[-1]))
            if not told_late:
                assert push(written[-1]) == []
        if told_late:
            assert push(*written[1:]) == []

    return Delivery("session", run).start(), record["sessionId"]


def up_to(delivery: Delivery, call: str) -> None:
    """Goes on until it has made this call."""
    delivery.step()
    while delivery.calls[-1] != call:
        delivery.step()


@pytest.mark.parametrize("told_late", [False, True])
def test_every_order_of_the_calls_gives_rising_versions_up_to_the_last(clients: Clients, told_late: bool) -> None:
    written, told = CHANGE
    order = [written, written, told, told] if told_late else [written, told, written, told]
    turns = len(SNAPSHOT) + len(order)
    with interleaved():
        for own in itertools.combinations(range(turns), len(SNAPSHOT)):
            running, session_id = session(versions=2, told_late=told_late)
            opening, client = subscriber(session_id)
            ends = iter(order)
            for turn in range(turns):
                if turn in own:
                    opening.step()
                else:
                    up_to(running, next(ends))
            assert (running.done, running.error) == (True, None)
            assert opening.finish().error is None
            seen = clients.versions(client)
            assert seen == sorted(seen), own
            assert seen[-1] == 3, own
            assert clients.last(client) == {"type": "subscribed", "sessionId": session_id, "exists": True}


def test_a_version_written_as_the_snapshot_is_on_its_way_is_sent_by_who_sends_the_snapshot(clients: Clients) -> None:
    with interleaved():
        running, session_id = session(versions=1)
        opening, client = subscriber(session_id)
        for _ in SNAPSHOT[:3]:
            opening.step()
        running.finish()
        assert clients.versions(client) == [1]
        opening.finish()
    assert clients.versions(client) == [1, 2]
    assert [message["type"] for message in clients.sent[client]] == ["progress", "progress", "subscribed"]


def test_who_cannot_keep_up_with_a_session_is_told_to_try_again(clients: Clients) -> None:
    record = new_session()
    client = connect(record["sessionId"])
    with interleaved():
        opening = Delivery("subscriber", lambda: subscribe(client, record["sessionId"])).start()
        while not opening.done:
            if opening.calls[-1:] == ["post_to_connection"] and clients.last(client)["type"] == "progress":
                record = changed(record)
                assert push(record) == []
            opening.step()
    assert clients.versions(client) == list(range(1, subscribing._TRIES + 1))
    assert (clients.last(client)["type"], clients.last(client)["code"]) == ("error", "SessionBusy")
    assert watchers_of(record["sessionId"]) == []


class TestASubscriberThatDies:
    @pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
    @pytest.mark.parametrize("fatal", range(len(SNAPSHOT) + 3))
    def test_subscribes_again_and_gets_what_it_missed(
        self, clients: Clients, monkeypatch: pytest.MonkeyPatch, fatal: int, fate: Fate
    ) -> None:
        with interleaved():
            running, session_id = session(versions=1)
            victim, client = subscriber(session_id)
            for _ in range(fatal):
                victim.step()
            victim.step(fate)
            assert victim.output is None
            running.finish()
        monkeypatch.setattr("progress.watchers.OPENING_SECONDS", -1)
        subscribe(client, session_id)
        assert clients.last(client) == {"type": "subscribed", "sessionId": session_id, "exists": True}
        assert clients.versions(client) == sorted(clients.versions(client))
        assert clients.versions(client)[-1] == 2

    def test_and_subscribes_again_at_once_is_told_that_it_is_under_way(self, clients: Clients) -> None:
        with interleaved():
            _, session_id = session(versions=1)
            victim, client = subscriber(session_id)
            victim.step()
            say(client, {"action": "subscribe", "sessionId": session_id})
            assert (clients.last(client)["code"], clients.last(client)["sessionId"]) == ("NotYet", session_id)
            victim.finish()
        assert clients.last(client)["type"] == "subscribed"


def test_a_client_that_goes_while_it_subscribes_leaves_nothing_behind(clients: Clients) -> None:
    with interleaved():
        running, session_id = session(versions=1)
        opening, client = subscriber(session_id)
        opening.step()
        clients.gone.add(client)
        opening.finish()
        running.finish()
    assert opening.error is None
    assert watchers_of(session_id) == []


def test_a_client_that_is_forgotten_while_it_subscribes_is_told_to_connect_again(clients: Clients) -> None:
    with interleaved():
        _, session_id = session(versions=0)
        opening, client = subscriber(session_id)
        opening.step()
        disconnect(client)
        opening.finish()
    assert [message["type"] for message in clients.sent[client]] == ["progress", "error"]
    assert clients.last(client)["code"] == "NotConnected"
    assert watchers_of(session_id) == []


def test_so_is_one_that_was_forgotten_just_before_its_subscription_was_opened(clients: Clients) -> None:
    with interleaved():
        _, session_id = session(versions=0)
        opening, client = subscriber(session_id)
        disconnect(client)
        opening.finish()
    assert [message["type"] for message in clients.sent[client]] == ["progress", "error"]
    assert clients.last(client)["code"] == "NotConnected"
    assert watchers_of(session_id) == []


def test_those_who_come_at_the_same_moment_are_never_more_than_may_be(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribing, "MOST_WATCHERS", 2)
    session_id = new_session()["sessionId"]
    watching(session_id)
    newcomers = [connect(session_id) for _ in range(3)]
    with interleaved():
        openings = [Delivery("subscriber", partial(subscribe, client, session_id)).start() for client in newcomers]
        for _ in SNAPSHOT:
            for opening in openings:
                opening.step()
        for opening in openings:
            opening.finish()
    refused = [client for client in newcomers if clients.last(client).get("code") == "TooManyWatchers"]
    assert (len(refused), len(watchers_of(session_id))) == (2, 2)
