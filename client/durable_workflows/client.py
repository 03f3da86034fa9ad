"""The clients: one that waits, and one to be awaited. Calls, answers and retries are the same."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx
from tenacity import AsyncRetrying, Retrying

from durable_workflows import calls
from durable_workflows.answers import no_answer, read
from durable_workflows.auth import ApiKeyAuth, SigV4
from durable_workflows.calls import AnswerT, Call
from durable_workflows.errors import Conflict, Ended, NotConfigured, Refused
from durable_workflows.models import Answered, Batch, Page, Session, SessionStatus, Started
from durable_workflows.retrying import NOTHING_WAITS, repeating, until_ended, until_it_waits
from durable_workflows.settings import WorkflowSettings


class WorkflowClient:
    """Starts workflows and follows their sessions. May be used by several threads; close it, or use it with `with`.

    Every call raises Refused (one of its classes) when the API says no, and Unavailable when it is away, throttles or
    fails, also when asked again. Making one raises NotConfigured.
    """

    def __init__(self, settings: WorkflowSettings) -> None:
        self.settings = settings
        self._http = httpx.Client(auth=_auth(settings), timeout=settings.timeout_seconds)

    def start(self, workflow: str, input: Mapping[str, Any], *, session_id: str | None = None) -> Started:  # noqa: A002
        """Start a workflow; without a session_id, here or in the input, one is made up. The same id and input again
        find the same session; the same id with other input is a Conflict.
        """
        return self._send(calls.start(workflow, input, session_id))

    def get(self, session_id: str) -> Session:
        """A session, with its result once it is completed or expired."""
        return self._send(calls.get(session_id))

    def list(
        self,
        *,
        workflow: str | None = None,
        owner: str | None = None,
        status: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page:
        """A page of the sessions of a workflow, an owner, or both, newest first. cursor: of the page before."""
        return self._send(
            calls.list_sessions(workflow=workflow, owner=owner, status=status, limit=limit, cursor=cursor)
        )

    def batch(self, session_ids: Iterable[str]) -> Batch:
        """The sessions of up to 100 ids."""
        return self._send(calls.batch(session_ids))

    def cancel(self, session_id: str) -> SessionStatus:
        """Stop a session; it is cancelled a moment later. Conflict: it ended otherwise."""
        return self._send(calls.cancel(session_id))

    def retry(self, session_id: str) -> SessionStatus:
        """Run a failed session on. Conflict: it did not fail, or what it had done was undone."""
        try:
            return self._send(calls.retry(session_id))
        except Conflict as refusal:
            done = calls.retried(self.get(session_id)) if refusal.tries > 1 else None
            if done is None:
                raise
            return done

    def signal(
        self,
        session_id: str,
        name: str,
        *,
        by: str | None = None,
        comment: str | None = None,
        payload: Any = None,
        seconds: float = 0,
    ) -> Answered:
        """Answer the question that a session waits on. Unavailable with `maybe_done`: look at the session first.

        seconds: how long to try again while the session is open and does not wait; Ended once it is not open.
        """
        call = calls.signal(session_id, name, by, comment, payload)
        if seconds <= 0:
            return self._send(call)
        answered: Answered = Retrying(**until_it_waits(seconds))(self._signal, session_id, call)
        return answered

    def wait(self, session_id: str, *, seconds: float) -> Session:
        """The session, once it has ended. Raises NotEnded when that takes longer."""
        session: Session = Retrying(**until_ended(seconds))(self.get, session_id)
        return session

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _signal(self, session_id: str, call: Call[Answered]) -> Answered:
        try:
            return self._send(call)
        except Conflict as refusal:
            if refusal.code == NOTHING_WAITS and (session := self.get(session_id)).ended:
                raise Ended(session) from None
            raise

    def _send(self, call: Call[AnswerT]) -> AnswerT:
        tries = Retrying(**repeating(call))
        try:
            answer: AnswerT = tries(self._once, call)
        except Refused as refusal:
            refusal.tries = tries.statistics["attempt_number"]
            raise
        return answer

    def _once(self, call: Call[AnswerT]) -> AnswerT:
        try:
            response = self._http.request(**call.request(self.settings.url))
        except httpx.TransportError as error:
            raise no_answer(call, error, self.settings) from error
        return read(call, response, self.settings)


class AsyncWorkflowClient:
    """WorkflowClient, awaited: each method does what its namesake there does. For one event loop."""

    def __init__(self, settings: WorkflowSettings) -> None:
        self.settings = settings
        self._http = httpx.AsyncClient(auth=_auth(settings), timeout=settings.timeout_seconds)

    async def start(
        self,
        workflow: str,
        input: Mapping[str, Any],  # noqa: A002
        *,
        session_id: str | None = None,
    ) -> Started:
        return await self._send(calls.start(workflow, input, session_id))

    async def get(self, session_id: str) -> Session:
        return await self._send(calls.get(session_id))

    async def list(
        self,
        *,
        workflow: str | None = None,
        owner: str | None = None,
        status: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page:
        return await self._send(
            calls.list_sessions(workflow=workflow, owner=owner, status=status, limit=limit, cursor=cursor)
        )

    async def batch(self, session_ids: Iterable[str]) -> Batch:
        return await self._send(calls.batch(session_ids))

    async def cancel(self, session_id: str) -> SessionStatus:
        return await self._send(calls.cancel(session_id))

    async def retry(self, session_id: str) -> SessionStatus:
        try:
            return await self._send(calls.retry(session_id))
        except Conflict as refusal:
            done = calls.retried(await self.get(session_id)) if refusal.tries > 1 else None
            if done is None:
                raise
            return done

    async def signal(
        self,
        session_id: str,
        name: str,
        *,
        by: str | None = None,
        comment: str | None = None,
        payload: Any = None,
        seconds: float = 0,
    ) -> Answered:
        call = calls.signal(session_id, name, by, comment, payload)
        if seconds <= 0:
            return await self._send(call)
        answered: Answered = await AsyncRetrying(**until_it_waits(seconds))(self._signal, session_id, call)
        return answered

    async def wait(self, session_id: str, *, seconds: float) -> Session:
        session: Session = await AsyncRetrying(**until_ended(seconds))(self.get, session_id)
        return session

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _signal(self, session_id: str, call: Call[Answered]) -> Answered:
        try:
            return await self._send(call)
        except Conflict as refusal:
            if refusal.code == NOTHING_WAITS and (session := await self.get(session_id)).ended:
                raise Ended(session) from None
            raise

    async def _send(self, call: Call[AnswerT]) -> AnswerT:
        tries = AsyncRetrying(**repeating(call))
        try:
            answer: AnswerT = await tries(self._once, call)
        except Refused as refusal:
            refusal.tries = tries.statistics["attempt_number"]
            raise
        return answer

    async def _once(self, call: Call[AnswerT]) -> AnswerT:
        try:
            response = await self._http.request(**call.request(self.settings.url))
        except httpx.TransportError as error:
            raise no_answer(call, error, self.settings) from error
        return read(call, response, self.settings)


def _auth(settings: WorkflowSettings) -> httpx.Auth:
    """Raises NotConfigured."""
    if not settings.url:
        raise NotConfigured([(settings.name_of("url"), "is missing; it says where the workflow API is")])
    if settings.auth_mode == "api_key" and settings.api_key is not None:
        return ApiKeyAuth(settings.api_key)
    if settings.auth_mode == "iam_sigv4" and settings.region is not None:
        return SigV4(settings.region)
    raise NotConfigured([(settings.name_of("auth_mode"), "is None, which switches the client off")])
