"""Where results may be delivered: each stage has its list of origins."""

from collections.abc import Iterable

import urllib3
from pydantic import Json

from core.settings import Settings

_PORTS = {"http": 80, "https": 443}


class OriginSettings(Settings):
    """What knows where results may be delivered. callback_origins: `https://hooks.example.com`; `:*` is any port."""

    callback_origins: Json[tuple[str, ...]]


def allowed(url: str, origins: Iterable[str]) -> bool:
    """Whether the stage delivers to this URL, read as what sends to it reads it."""
    try:
        parts = urllib3.util.parse_url(url)
    except urllib3.exceptions.LocationParseError:
        return False
    if parts.auth is not None:
        return False
    origin = f"{parts.scheme}://{parts.host}"
    usual = parts.port in (None, _PORTS.get(parts.scheme or ""))
    return any(each == f"{origin}:*" or (each == origin and usual) for each in origins)
