"""The ticket with which a client connects."""

from pydantic import Field

from core.parameters import secret
from core.rows import Json
from core.settings import Settings, load
from core.watch_tickets import sessions_of


class TicketSettings(Settings):
    """progress_secret: name or ARN of the secret that tickets are signed with."""

    progress_secret: str = Field(min_length=1)


def sessions_of_ticket(event: Json) -> list[str]:
    """The sessions that the ticket of a $connect event names. Raises itsdangerous.BadData where it is not valid."""
    ticket = (event.get("queryStringParameters") or {}).get("ticket", "")
    return sessions_of(ticket, secret(load(TicketSettings).progress_secret))
