"""$connect: keeps what the client that connects may watch, for the messages that follow."""

from core.rows import Json
from core.settings import load
from progress.tickets import TicketSettings, sessions_of_ticket
from progress.watchers import Watchers, WatcherSettings


class AdmitSettings(WatcherSettings, TicketSettings):
    """What this Lambda reads."""


def handler(event: Json, _context: object) -> Json:
    """Answers so that the connection opens; authorize_watcher has looked at the ticket before."""
    settings = load(AdmitSettings)
    Watchers(settings.connections_table).admit(event["requestContext"]["connectionId"], sessions_of_ticket(event))
    return {"statusCode": 200}
