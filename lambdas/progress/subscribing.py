"""How a client subscribes to a session: a snapshot first, and from there on each version, none of them out of order.

The snapshot is sent here, what follows by push_progress; progress/watchers.py says how the one hands over to the other.
`subscribed` is the promise that everything newer comes: a client that does not get it is cut off, and connects again.
"""

from core.errors import SessionBusy
from core.record import Table
from core.settings import load
from progress.sockets import SocketSettings, send
from progress.view import message_of, place_of, progress_of
from progress.watchers import ACTIVE, GONE, OPENING, Subscription, Watchers

MOST_WATCHERS = 100
"""Of one session: each change is pushed to all of them before the next one is. There are never more; of those who come
at the same moment, all may be refused though there is room for one.
"""
_TRIES = 10


class Refused(Exception):
    """What is not done, with a code for programs and a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotConnected(Refused):
    """The client was cut off, and its connection is still open."""

    def __init__(self) -> None:
        super().__init__("NotConnected", "nothing more comes over this connection; connect again")


def subscribe(connection_id: str, session_id: str) -> None:
    """Sends the session's progress as it is, then `subscribed`. Repeating it only answers `subscribed` again.

    A session that does not exist may be subscribed to, and is pushed once it does.
    Raises Refused, NotReached, SessionBusy.
    """
    settings = load(SocketSettings)
    watchers, table = Watchers(settings.connections_table), Table(settings.sessions_table)
    if not watchers.may_watch(connection_id, session_id):
        if not watchers.is_connected(connection_id):
            raise NotConnected
        raise Refused("NotAllowed", "the ticket of this connection does not name this session")
    opened, is_new = watchers.open(session_id, connection_id)
    if not is_new and opened["status"] != ACTIVE:
        raise Refused("NotYet", "subscribing to this session is under way")
    try:
        if is_new:
            _find_room(watchers, opened)
            _hand_over(watchers, table, opened)
        exists = table.get(session_id) is not None
        send(connection_id, {"type": "subscribed", "sessionId": session_id, "exists": exists})
    except Exception:
        if is_new:
            watchers.drop(session_id, connection_id)
        raise


def _find_room(watchers: Watchers, opened: Subscription) -> None:
    """Raises Refused where others than this one are as many as may be."""
    others = [there for there in watchers.of(opened["subject"])[1] if there["watcher"] != opened["watcher"]]
    if len(others) >= MOST_WATCHERS:
        raise Refused("TooManyWatchers", f"{MOST_WATCHERS} watch this session already")


def _hand_over(watchers: Watchers, table: Table, opened: Subscription) -> None:
    """Sends snapshots until push_progress has nothing newer pending, and is the sender from then on."""
    for _ in range(_TRIES):
        record = table.get(opened["subject"])
        if record is not None:
            send(opened["watcher"], message_of(progress_of(record)))
        there = watchers.activate(opened, place_of(record) if record is not None else "")
        if there is not None and there["status"] == GONE:
            raise NotConnected
        # Whoever was forgotten just before the subscription was opened would be missed by its own end.
        if there is None and not watchers.is_connected(opened["watcher"]):
            raise NotConnected
        if there is None or (there["status"], there.get("opener")) != (OPENING, opened["opener"]):
            return
    raise SessionBusy(f"session {opened['subject']} kept changing while it was subscribed to")
