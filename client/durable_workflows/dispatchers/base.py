"""What all dispatchers do with a request: send it, now or in the background, and never raise in their caller's code."""

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from pydantic.alias_generators import to_camel

from durable_workflows.client import AsyncWorkflowClient, WorkflowClient
from durable_workflows.clients import Clients
from durable_workflows.errors import Ended, NotConfigured, WorkflowError
from durable_workflows.settings import WorkflowSettings

SIGNAL_SECONDS = 30.0  # for which a session that is open, and does not wait just now, is signalled again

Status = Literal["sent", "handed_over", "local", "off", "ended", "failed"]

log = logging.getLogger("durable_workflows")

_said: set[str] = set()
_saying = threading.Lock()


class BackgroundTasks(Protocol):
    """FastAPI's, or what else runs a function, or a coroutine function, later."""

    def add_task(self, func: Callable[..., Any], *args: Any) -> None: ...


@dataclass(frozen=True)
class Dispatch:
    """What became of a call.

    id: the caller's own, or the one that was made up: what later calls name. session_id: of the session that has it.
    status: `sent`, the workflow has it; `handed_over` to the background tasks, and the log tells if it fails there;
    `local`, the local task took it; `off`, nothing is configured; `ended`, it came too late, the session is no longer
    open; `failed`, the log says why.
    """

    id: str
    session_id: str
    status: Status


@dataclass(frozen=True)
class Request:
    """What is to be sent. send: calls either client; what it returns is awaited where that is the async one."""

    id: str
    session_id: str
    send: Callable[[WorkflowClient | AsyncWorkflowClient], Any]

    def became(self, status: Status) -> Dispatch:
        return Dispatch(self.id, self.session_id, status)


class Dispatcher:
    """Without settings those of the environment are used. If they are wrong, that is logged as an error, and the
    dispatcher behaves as one that is not configured. May be used by several threads and event loops.

    kind: what its sessions' ids begin with. owner: the field of the input that says whose session it is, for listing.
    """

    workflow: ClassVar[str]
    kind: ClassVar[str]
    owner: ClassVar[str]
    settings_class: ClassVar[type[WorkflowSettings]]

    def __init__(self, settings: WorkflowSettings | None = None) -> None:
        try:
            settings = settings or self.settings_class()
        except NotConfigured as error:
            _say_once(logging.ERROR, f"{self.workflow}: the settings are wrong, nothing is dispatched: {error}")
            settings = None
        self._clients = Clients(settings) if settings is not None and settings.configured else None

    @property
    def configured(self) -> bool:
        """Whether requests are sent."""
        return self._clients is not None

    def close(self) -> None:
        """Close the connections of threads."""
        if self._clients is not None:
            self._clients.close()

    async def close_async(self) -> None:
        """Close the connections of the running event loop."""
        if self._clients is not None:
            await self._clients.close_async()

    def _start(self, own_id: str, fields: Mapping[str, object]) -> Request:
        """The start of a session; the same one again finds it."""
        session_id = session_id_of(self.kind, own_id)
        given = camel({**fields, "owner": fields.get(self.owner)})
        return Request(own_id, session_id, lambda client: client.start(self.workflow, given, session_id=session_id))

    def _signal(
        self,
        own_id: str,
        name: str,
        payload: Mapping[str, object] | None = None,
        *,
        by: str | None = None,
        comment: str | None = None,
    ) -> Request:
        """A signal to a session, which may not wait for it yet."""
        session_id = session_id_of(self.kind, own_id)
        sent = None if payload is None else camel(payload)
        return Request(
            own_id,
            session_id,
            lambda client: client.signal(
                session_id, name, by=by, comment=comment, payload=sent, seconds=SIGNAL_SECONDS
            ),
        )

    def _do(self, request: Request, background_tasks: BackgroundTasks | None) -> Dispatch:
        if self._clients is None:
            return self._off(request)
        if background_tasks is not None:
            background_tasks.add_task(self._send, request, self._clients)
            return request.became("handed_over")
        return self._send(request, self._clients)

    async def _do_async(self, request: Request, background_tasks: BackgroundTasks | None) -> Dispatch:
        if self._clients is None:
            return self._off(request)
        if background_tasks is not None:
            background_tasks.add_task(self._send_async, request, self._clients)
            return request.became("handed_over")
        return await self._send_async(request, self._clients)

    def _send(self, request: Request, clients: Clients) -> Dispatch:
        try:
            request.send(clients.of_threads())
        except Exception as error:  # noqa: BLE001  # the caller's own work must not fail over this
            return self._not_sent(request, error)
        return request.became("sent")

    async def _send_async(self, request: Request, clients: Clients) -> Dispatch:
        try:
            await request.send(clients.of_loop())
        except Exception as error:  # noqa: BLE001
            return self._not_sent(request, error)
        return request.became("sent")

    def _off(self, request: Request) -> Dispatch:
        variable = self.settings_class.name_of("url")
        _say_once(logging.INFO, f"{self.workflow}: not configured ({variable}), nothing is dispatched")
        return request.became("off")

    def _not_sent(self, request: Request, error: Exception) -> Dispatch:
        if isinstance(error, Ended):
            log.info("%s: session %s came to its end before this: %s", self.workflow, request.session_id, error)
            return request.became("ended")
        log.warning("%s: session %s was not told: %s", self.workflow, request.session_id, reason(error))
        return request.became("failed")


def camel(fields: Mapping[str, object]) -> dict[str, object]:
    """Fields as the workflows name them, also those within, without those that are None."""
    return {
        to_camel(name): camel(value) if isinstance(value, Mapping) else value
        for name, value in fields.items()
        if value is not None
    }


def session_id_of(kind: str, own_id: str) -> str:
    """`trip-r-1` for ("trip", "r-1"); what a session's id cannot hold is rewritten, with a hash to tell two apart."""
    name = f"{kind}-{own_id}"
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        return name
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)[:47] + "-" + hashlib.sha256(name.encode()).hexdigest()[:16]


def reason(error: Exception) -> str:
    """Errors of this package keep their words; the text of any other could hold personal data."""
    return str(error) if isinstance(error, WorkflowError) else type(error).__name__


def _say_once(level: int, words: str) -> None:
    """Once in this process."""
    with _saying:
        if words in _said:
            return
        _said.add(words)
    log.log(level, words)
