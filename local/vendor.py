"""The vendor that matching asks about candidates, simulated: a web app that is asked, and answers later, by webhook.

It keeps everything in memory. The local cloud has one under /_vendor; tests run one alone.

    POST /reviews                takes a Request, with the Bearer key: 202, and its callbackUrl is answered later
    PUT  /requests/{requestId}   takes a Plan: how this one is answered, before it is asked or while it waits
    GET  /requests/{requestId}   {"asked": how often, "answers": the HTTP status that each answer got, null for none}
    PUT  /defaults               takes a Plan: how all are answered that have none of their own
"""

import asyncio
import hmac
import json
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tenacity import AsyncRetrying, retry_if_result, stop_after_attempt, wait_exponential

RECOGNISED = frozenset({"AASI", "BASI", "CASI", "JSBA", "NZSIA"})
"""Whose certificates it knows: national associations of snowboard instructors."""
FORGERS_SECRET = "Zm9yZ2VkLWJ5LXNvbWVib2R5LWVsc2Uh"  # noqa: S105  # nobody's
TRIES = 7
FIRST_PAUSE_SECONDS = 0.1
"""Doubled with each try: seven take some six seconds."""
ANSWER_SECONDS = 60
"""How long the receiver of an answer may take: on the local cloud a Lambda starts first."""


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Plan(Model):
    """How a request is answered, and how many seconds after it was asked.

    answer: with reviews. twice: the same again, under the same webhook-id. forged: signed with another secret. silent:
    never. fail: the request itself gets 500. malformed: rightly signed, but no reviews.
    """

    model_config = ConfigDict(extra="forbid")

    behaviour: Literal["answer", "twice", "forged", "silent", "fail", "malformed"] = "answer"
    after_seconds: float = Field(default=2.0, ge=0)


class Candidate(Model):
    """certification: who issued the candidate's certificate, e.g. "CASI"."""

    user_id: str
    level: int
    certification: str | None = None


class Request(Model):
    """What is asked; whatever else it says is not looked at."""

    request_id: str = Field(min_length=1)
    callback_url: str = Field(pattern="^https?://")
    candidates: list[Candidate]


@dataclass
class Kept:
    """What is known of a request; `waiting` by the URLs that are answered."""

    plan: Plan | None = None
    asked: int = 0
    answers: list[int | None] = field(default_factory=list)
    waiting: dict[str, tuple[Request, asyncio.Task[None]]] = field(default_factory=dict)


def review(candidate: Candidate) -> dict[str, object]:
    """What the vendor says of a candidate: it rates by the level whose certificate it recognises, and rejects whose
    certificate it does not.
    """
    issuer = candidate.certification
    rating = 60 + 10 * candidate.level if issuer in RECOGNISED else None
    return {"userId": candidate.user_id, "approved": issuer is None or issuer in RECOGNISED, "rating": rating}


class Vendor:
    """Its routes.

    api_key: what askers must show. signing_secret: gives what answers are signed with, at each answer.
    """

    def __init__(self, api_key: str, signing_secret: Callable[[], str]) -> None:
        self._api_key, self._signing_secret = api_key, signing_secret
        self._default = Plan()
        self._kept: defaultdict[str, Kept] = defaultdict(Kept)
        # No proxy, and no connection that outlives its answer.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False, limits=limits)

    async def ask(self, http: HttpRequest) -> Response:
        """Takes a request. The same one for the same URL, however often repeated, is answered once."""
        if not hmac.compare_digest(http.headers.get("authorization", ""), f"Bearer {self._api_key}"):
            return JSONResponse({"error": "the key is missing or wrong"}, 401)
        request = Request.model_validate_json(await http.body())
        kept = self._kept[request.request_id]
        kept.asked += 1
        if self._plan(kept).behaviour == "fail":
            return JSONResponse({"error": "told to fail"}, 500)
        if request.callback_url not in kept.waiting:
            self._begin(request)
        return JSONResponse({"requestId": request.request_id}, 202)

    async def direct(self, http: HttpRequest) -> Response:
        """Takes a plan for one request. What was asked already is begun anew, by the new plan."""
        kept = self._kept[http.path_params["request_id"]]
        kept.plan = Plan.model_validate_json(await http.body())
        for request, answer in list(kept.waiting.values()):
            answer.cancel()
            self._begin(request)
        return Response(status_code=204)

    async def direct_all(self, http: HttpRequest) -> Response:
        """Takes a plan for requests that have none of their own; what was asked already is answered as it was to be."""
        self._default = Plan.model_validate_json(await http.body())
        return Response(status_code=204)

    async def show(self, http: HttpRequest) -> Response:
        kept = self._kept[http.path_params["request_id"]]
        return JSONResponse({"asked": kept.asked, "answers": kept.answers})

    def _plan(self, kept: Kept) -> Plan:
        return kept.plan or self._default

    def _begin(self, request: Request) -> None:
        kept = self._kept[request.request_id]
        answer = asyncio.create_task(self._answer(request, self._plan(kept)))
        kept.waiting[request.callback_url] = (request, answer)

    async def _answer(self, request: Request, plan: Plan) -> None:
        await asyncio.sleep(plan.after_seconds)
        if plan.behaviour == "silent":
            return
        reviews: object = [review(candidate) for candidate in request.candidates]
        body = json.dumps({"reviews": "none today" if plan.behaviour == "malformed" else reviews})
        own = await asyncio.to_thread(self._signing_secret)
        send = partial(self._send, request, body, FORGERS_SECRET if plan.behaviour == "forged" else own)
        for _ in range(2 if plan.behaviour == "twice" else 1):
            await AsyncRetrying(
                retry=retry_if_result(_comes_again),
                stop=stop_after_attempt(TRIES),
                wait=wait_exponential(multiplier=FIRST_PAUSE_SECONDS),
                retry_error_callback=lambda _state: None,
            )(send)

    async def _send(self, request: Request, body: str, secret: str) -> int | None:
        """Post an answer; the status that it got, None where nobody took it."""
        message_id, at = f"msg_{request.request_id}", datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(message_id, at, body),
        }
        status = None
        with suppress(httpx.TransportError):
            status = (await self._client.post(request.callback_url, content=body, headers=headers)).status_code
        self._kept[request.request_id].answers.append(status)
        return status


def _comes_again(status: int | None) -> bool:
    return status is None or status >= 500


async def _refuse(_http: HttpRequest, error: Exception) -> Response:
    """Says what was wrong with a body."""
    problems: Any = error.errors(include_url=False, include_input=False) if isinstance(error, ValidationError) else []
    said = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in problems)
    return JSONResponse({"error": said}, 422)


def vendor_app(api_key: str, signing_secret: Callable[[], str]) -> Starlette:
    """The vendor as an ASGI app; what it takes is the Vendor's."""
    vendor = Vendor(api_key, signing_secret)
    routes = [
        Route("/reviews", vendor.ask, methods=["POST"]),
        Route("/requests/{request_id}", vendor.direct, methods=["PUT"]),
        Route("/requests/{request_id}", vendor.show),
        Route("/defaults", vendor.direct_all, methods=["PUT"]),
    ]
    return Starlette(routes=routes, exception_handlers={ValidationError: _refuse})
