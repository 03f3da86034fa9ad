"""The answers other than the one asked for, and the one shape that all of them have.

{"error": {"code": "InvalidInput", "message": "…", "details": [{"field": "criteria.resort", "problem": "…"}]}}
"""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from core.errors import InvalidInput

_MOST_PROBLEMS = 20

log = logging.getLogger("service")


class Refusal(Exception):
    """HTTP status, a code for programs, and a sentence for people; details name the fields that are wrong."""

    def __init__(self, status: int, code: str, message: str, details: list[dict[str, str]] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.details = status, code, message, details


def invalid(problems: Iterable[tuple[str, str]]) -> Refusal:
    """422 for what the caller sent: each field with what is wrong, never its value, which may be personal."""
    details = [{"field": field, "problem": problem} for field, problem in problems]
    return Refusal(422, "InvalidInput", "The input is not what it should be.", details[:_MOST_PROBLEMS])


def unknown_search() -> Refusal:
    return Refusal(404, "UnknownSearch", "There is no search of this id.")


def other_input(search_id: str) -> Refusal:
    """409 for an id that is taken."""
    return Refusal(409, "SearchConflict", f"The search {search_id} has other input; start with another search_id.")


def answer_errors(app: FastAPI) -> None:
    """Has every error answered in the one shape."""

    @app.exception_handler(Refusal)
    async def refused(_: Request, error: Refusal) -> JSONResponse:
        return _answer(error)

    @app.exception_handler(InvalidInput)
    async def invalid_input(_: Request, error: InvalidInput) -> JSONResponse:
        return _answer(invalid(error.problems))

    @app.exception_handler(RequestValidationError)
    async def invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        return _answer(invalid((_field(problem["loc"]), problem["msg"]) for problem in error.errors()))

    @app.exception_handler(RedisError)
    async def no_store(_: Request, error: RedisError) -> JSONResponse:
        log.error("redis does not answer: %s", type(error).__name__)
        return _answer(
            Refusal(503, "StoreUnavailable", "The store of searches does not answer; try again in a moment.")
        )

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        phrase = HTTPStatus(error.status_code).phrase
        return _answer(Refusal(error.status_code, phrase.title().replace(" ", ""), f"{phrase}."), error.headers)

    @app.exception_handler(Exception)
    async def unexpected(_: Request, __: Exception) -> JSONResponse:
        return _answer(Refusal(500, "InternalError", "Something went wrong here; the service's logs tell more."))


def _answer(refusal: Refusal, headers: Mapping[str, str] | None = None) -> JSONResponse:
    error: dict[str, object] = {"code": refusal.code, "message": refusal.message}
    if refusal.details is not None:
        error["details"] = refusal.details
    return JSONResponse({"error": error}, refusal.status, headers)


def _field(location: tuple[int | str, ...]) -> str:
    """`criteria.resort` for ("body", "criteria", "resort")."""
    return ".".join(str(part) for part in location[1:]) or str(location[0])
