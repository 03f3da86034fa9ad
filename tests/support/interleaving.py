"""Runs Lambda deliveries side by side, one AWS call at a time, in an order the test decides, and kills them.

Each delivery is a thread that stops before each of its calls to DynamoDB rows, and before it sends a message or a
task's end. The test says which one goes on, and whether it dies before the call (nothing was written) or after it
(written, but the delivery never hears of it).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from functools import partial
from typing import Any
from unittest.mock import patch

from core import aws


class Fate(Enum):
    GO_ON = "goes on"
    DIE_BEFORE = "dies before the call"
    DIE_AFTER = "dies after the call"


class Killed(BaseException):
    """The Lambda's process is gone: no `except Exception` sees it."""


class Delivery:
    """One invocation of a handler. After it is done, `output` or `error` is set; neither, if it was killed.

    `calls` names the calls it has made, with their tables: "update_item sessions-test".
    """

    def __init__(self, name: str, call: Callable[[], Any]) -> None:
        self.name = name
        self.done = False
        self.output: Any = None
        self.error: Exception | None = None
        self.calls: list[str] = []
        self._call = call
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._fate = Fate.GO_ON
        self._thread = threading.Thread(target=self._run, daemon=True)
        _current[self._thread] = self

    def start(self) -> "Delivery":
        """Runs up to the first call."""
        self._thread.start()
        self._stopped.acquire()
        return self

    def step(self, fate: Fate = Fate.GO_ON) -> None:
        """Makes the call it stands before, and runs up to the next."""
        self._fate = fate
        self._go.release()
        self._stopped.acquire()

    def finish(self) -> "Delivery":
        """Runs to its end."""
        while not self.done:
            self.step()
        return self

    def at_call(self, name: str, call: Callable[[], Any]) -> Any:
        self._stopped.release()
        self._go.acquire()
        self.calls.append(name)
        if self._fate is Fate.DIE_BEFORE:
            raise Killed
        try:
            return call()
        finally:
            if self._fate is Fate.DIE_AFTER:
                raise Killed

    def _run(self) -> None:
        try:
            self.output = self._call()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            self.error = error
        except Killed:
            pass
        finally:
            self.done = True
            del _current[self._thread]
            self._stopped.release()


_current: dict[threading.Thread, Delivery] = {}
_CALLS = ("_item", "transact_write_items", "send_message", "send_task_success")


class _Stopping:
    """A client that stops each delivery before each of its calls."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        delivery = _current.get(threading.current_thread())
        if delivery is None or not name.endswith(_CALLS):
            return real
        return lambda **arguments: delivery.at_call(
            f"{name} {arguments.get('TableName', '')}".rstrip(), lambda: real(**arguments)
        )


@contextmanager
def interleaved() -> Iterator[None]:
    """Within it, deliveries stop before each call; the test's own calls do not."""
    clients = {name: _Stopping(getattr(aws, name)()) for name in ("dynamodb", "sqs", "stepfunctions")}
    with ExitStack() as patches:
        for name, client in clients.items():
            patches.enter_context(patch.object(aws, name, partial(lambda made: made, client)))
        yield
