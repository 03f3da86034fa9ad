"""$disconnect: forgets a client that has gone. What this misses, a push that finds nobody does, or the rows' `ttl`."""

from core.rows import Json
from core.settings import load
from progress.watchers import Watchers, WatcherSettings


def handler(event: Json, _context: object) -> Json:
    Watchers(load(WatcherSettings).connections_table).forget(event["requestContext"]["connectionId"])
    return {"statusCode": 200}
