"""How a client subscribes to a session: a snapshot first, and from there on each version, none of them out of order.

The snapshot is sent here, what follows by push_progress; progress/watchers.py says how the one hands over to the other.
`subscribed` is the promise that everything newer comes: a client that does not get it subscribes again.
"""

from core.errors import SessionBusy
from core.record import Table
from core.settings import load
from progress.sockets import SocketSettings, send
from progress.view import message_of, place_of, progress_of
from progress.watchers import ACTIVE, OPENING, Subscription, Watchers

MOST_WATCHERS = 100
"""Of one session: each change is pushed to all of them before the next one is."""
_TRIES = 10


class Refused(Exception):
    """What is not done, with a code for programs and a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def subscribe(connection_id: str, session_id: str) -> None:
    """Sends the session's progress as it is, then `subscribed`. Repeating it only answers `subscribed` again.

    A session that does not exist may be subscribed to, and is pushed once it does. Raises Refused, Gone, SessionBusy.
    """
    settings = load(SocketSettings)
    watchers, table = Watchers(settings.connections_table), Table(settings.sessions_table)
    if not watchers.may_watch(connection_id, session_id):
        raise Refused("NotAllowed", "the ticket of this connection does not name this session")
    if len(watchers.of(session_id)[1]) >= MOST_WATCHERS:
        raise Refused("TooManyWatchers", f"{MOST_WATCHERS} watch this session already")
    opened, is_new = watchers.open(session_id, connection_id)
    if is_new:
        try:
            _hand_over(watchers, table, opened)
        except Exception:
            watchers.drop(session_id, connection_id)
            raise
    elif opened["status"] != ACTIVE:
        raise Refused("NotYet", "subscribing to this session is under way")
    send(connection_id, {"type": "subscribed", "sessionId": session_id, "exists": table.get(session_id) is not None})


def _hand_over(watchers: Watchers, table: Table, opened: Subscription) -> None:
    """Sends snapshots until push_progress has nothing newer pending, and is the sender from then on."""
    for _ in range(_TRIES):
        record = table.get(opened["subject"])
        if record is not None:
            send(opened["watcher"], message_of(progress_of(record)))
        there = watchers.activate(opened, place_of(record) if record is not None else "")
        if there is None or (there["status"], there["openedAt"]) != (OPENING, opened["openedAt"]):
            return
    raise SessionBusy(f"session {opened['subject']} kept changing while it was subscribed to")
