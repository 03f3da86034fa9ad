"""Following a session: by what is pushed, by looking at its record, and what is shown of both."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

import boto3
import pytest
from rich.console import Console
from websockets.sync.server import ServerConnection, serve

from local import watch
from local.cloud import Cloud, LocalError
from local.deploy import state_machines
from local.inputs import sample_of

RECORD = {"version": 9}


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200, soft_wrap=True)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@contextmanager
def pushing(monkeypatch: pytest.MonkeyPatch, act: Callable[[ServerConnection], None]) -> Iterator[None]:
    """Who subscribes is connected to somebody who acts so, and then leaves."""

    def once_subscribed(socket: ServerConnection) -> None:
        assert json.loads(socket.recv()) == {"action": "subscribe", "sessionId": "session-1"}
        act(socket)

    with serve(once_subscribed, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = "ws://{}:{}".format(*server.socket.getsockname())
        monkeypatch.setattr(watch, "watch_url", lambda *_: address)
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def views(count: int, console: Console) -> list[watch.Seen | None]:
    with closing(watch._views(Cloud(), "session-1", lambda: RECORD, console)) as found:
        return list(islice(found, count))


def test_what_is_pushed_is_seen_in_order_and_the_record_once_the_connection_breaks(
    monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    pushes = [{"type": "progress", "version": version} for version in (1, 2, 3)]

    def push(socket: ServerConnection) -> None:
        for message in pushes:
            socket.send(json.dumps(message))

    with pushing(monkeypatch, push):
        assert views(5, console) == [*pushes, RECORD, RECORD]
    assert printed(console).count("its progress is not pushed") == 1


def test_the_record_is_looked_at_while_nothing_is_pushed(monkeypatch: pytest.MonkeyPatch, console: Console) -> None:
    over = threading.Event()
    monkeypatch.setattr(watch, "SILENT_SECONDS", 0.01)

    def wait(_: ServerConnection) -> None:
        over.wait(30)

    with pushing(monkeypatch, wait):
        assert views(2, console) == [RECORD, RECORD]
        over.set()
    assert printed(console) == ""


def test_an_answer_that_is_no_progress_changes_nothing(monkeypatch: pytest.MonkeyPatch, console: Console) -> None:
    error = {"type": "error", "code": "unknown_session"}

    with pushing(monkeypatch, lambda socket: socket.send(json.dumps(error))):
        assert views(1, console) == [RECORD]


def test_the_record_is_looked_at_once_the_connection_is_given_up(
    monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    error = {"type": "error", "code": "NotConnected", "message": "Connect again."}
    over = threading.Event()

    def give_up(socket: ServerConnection) -> None:
        socket.send(json.dumps(error))
        over.wait(30)

    with pushing(monkeypatch, give_up):
        assert views(2, console) == [RECORD, RECORD]
        over.set()
    assert printed(console).count("not pushed: Connect again.") == 1


def test_where_nobody_pushes_the_record_is_looked_at(monkeypatch: pytest.MonkeyPatch, console: Console) -> None:
    def refuse(*_: object) -> None:
        raise watch.NotPushed("POST /progress answers 403")

    monkeypatch.setattr(watch, "watch_url", refuse)

    assert views(2, console) == [RECORD, RECORD]
    assert printed(console).count("not pushed: POST /progress answers 403") == 1


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        ({"steps": {"LoadNovel": {"status": "succeeded"}}}, ""),
        ({"items": {"ExtractFacts": {"done": 120, "of": 3000}}}, "120 of 3,000 chapters"),
        ({"steps": {"ExtractFacts": {"items": {"done": 120, "of": 3000}}}}, "120 of 3,000 chapters"),
        (
            {"items": {"ExtractFacts": {"done": 2999, "of": 3000}, "DrawStoryboards": {"done": 7, "of": 3000}}},
            "7 of 3,000 chapters",
        ),
        ({"items": {"ExtractFacts": {"done": 3000, "of": 3000}}}, ""),
    ],
)
def test_the_items_that_are_shown_are_those_of_the_map_under_way(seen: dict[str, Any], shown: str) -> None:
    assert watch.items_done({"workflow": "novel-analysis", **seen}) == shown


def test_items_of_a_workflow_that_has_no_word_for_them_are_items() -> None:
    assert watch.items_done({"workflow": "toy", "items": {"Roll": {"done": 1, "of": 2}}}) == "1 of 2 items"


@pytest.mark.xdist_group("local_cloud")
def test_a_session_is_watched_by_its_pushes_to_its_end(deployed_cloud: Cloud, console: Console) -> None:
    session_id = "watched"
    boto3.client("stepfunctions", **deployed_cloud.connection()).start_execution(
        stateMachineArn=state_machines(deployed_cloud)["ai-chef"],
        name=session_id,
        input=json.dumps(sample_of("ai-chef")),
    )
    with closing(watch._views(deployed_cloud, session_id, lambda: None, console)) as seen:
        versions = [view["version"] for view in until_ended(seen)]

    assert versions == sorted(versions)
    watch.watch(deployed_cloud, session_id, console)
    assert "Session watched is completed: within_budget." in printed(console)
    assert "not pushed" not in printed(console)


def until_ended(views: Iterator[watch.Seen | None]) -> Iterator[watch.Seen]:
    for view in views:
        if view:
            yield view
            if view["status"] in watch.ENDED:
                return


@pytest.mark.xdist_group("local_cloud")
def test_an_unknown_session_is_said_to_be_unknown(deployed_cloud: Cloud, console: Console) -> None:
    with pytest.raises(LocalError, match="There is no session 'nobody'"):
        watch.watch(deployed_cloud, "nobody", console)
