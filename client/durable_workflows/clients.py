"""The clients of a workflow's settings, made when they are first needed."""

import asyncio
import threading
from weakref import WeakKeyDictionary

from durable_workflows.client import AsyncWorkflowClient, WorkflowClient
from durable_workflows.settings import WorkflowSettings


class Clients:
    """One client for all threads, and one for each event loop: connections belong to the loop they were made in.

    Each method raises NotConfigured where there are no credentials to sign with.
    """

    def __init__(self, settings: WorkflowSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: WorkflowClient | None = None
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncWorkflowClient] = WeakKeyDictionary()

    def of_threads(self) -> WorkflowClient:
        """The client that waits."""
        with self._lock:
            self._client = self._client or WorkflowClient(self._settings)
            return self._client

    def of_loop(self) -> AsyncWorkflowClient:
        """The client of the running event loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            client = self._of_loops.get(loop)
            if client is None:
                client = self._of_loops[loop] = AsyncWorkflowClient(self._settings)
            return client

    def close(self) -> None:
        """Close the connections of threads."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    async def close_async(self) -> None:
        """Close the connections of the running event loop."""
        with self._lock:
            client = self._of_loops.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()
