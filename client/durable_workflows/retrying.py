"""When a call is sent again, and how a session is polled, for tenacity's Retrying and AsyncRetrying alike."""

from typing import Any, NoReturn

from tenacity import (
    RetryCallState,
    retry_if_exception,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from durable_workflows.calls import AnswerT, Call
from durable_workflows.errors import Conflict, NotEnded, Unavailable, Unknown
from durable_workflows.models import Session

NOTHING_WAITS = "NothingWaits"  # the API's code for a signal to a session that does not wait, or no longer

TRIES = 4
LONGEST_RETRY_AFTER = 10.0  # who asks for more is left alone, and the caller told
FIRST_WINDOW, LONGEST_WINDOW = 0.5, 5.0  # of pauses, in seconds; each is anywhere in its window, which doubles
SHORTEST_POLL = 0.2
NOT_THERE_SECONDS = 5.0  # for which a session may still be on its way


def repeating(call: Call[AnswerT]) -> dict[str, Any]:
    """Sends a call again while trying again may help, and cannot harm."""

    def worth_it(error: BaseException) -> bool:
        if not isinstance(error, Unavailable) or (error.retry_after or 0) > LONGEST_RETRY_AFTER:
            return False
        return call.repeatable or not error.maybe_done

    return {
        "retry": retry_if_exception(worth_it),
        "wait": _pause,
        "stop": stop_after_attempt(TRIES),
        "reraise": True,
    }


def until_ended(seconds: float) -> dict[str, Any]:
    """Asks for a session until it has ended; an API that is away meanwhile is asked again. Raises NotEnded, or what
    the last question was answered with.
    """
    window = wait_random_exponential(multiplier=2 * SHORTEST_POLL, max=LONGEST_WINDOW, min=SHORTEST_POLL)

    def pause(state: RetryCallState) -> float:
        return min(window(state), max(0.0, seconds - (state.seconds_since_start or 0)))

    def out_of_time(state: RetryCallState) -> NoReturn:
        assert state.outcome is not None  # noqa: S101  # tenacity calls this with one
        raise NotEnded(state.outcome.result(), seconds)

    return {
        "retry": retry_if_result(_goes_on) | retry_if_exception_type(Unavailable),
        "wait": pause,
        "stop": stop_after_delay(seconds),
        "retry_error_callback": out_of_time,
    }


def until_it_waits(seconds: float) -> dict[str, Any]:
    """Signals a session until it waits: it may have been started just now, or be dealing with an earlier answer.

    A session that does not exist is given less: the request that starts it may be under way. The pauses count as
    well as the time, so that tests need not sleep.
    """
    window = wait_random_exponential(multiplier=2 * SHORTEST_POLL, max=LONGEST_WINDOW, min=SHORTEST_POLL)

    def pause(state: RetryCallState) -> float:
        return min(window(state), seconds - state.idle_for)

    def not_yet(state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Unknown):
            return state.idle_for < NOT_THERE_SECONDS
        return isinstance(error, Conflict) and error.code == NOTHING_WAITS

    def out_of_time(state: RetryCallState) -> bool:
        return max(state.idle_for, state.seconds_since_start or 0) >= seconds

    return {"retry": not_yet, "wait": pause, "stop": out_of_time, "reraise": True}


def _pause(state: RetryCallState) -> float:
    """Full jitter, on top of what the API asked for."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, Unavailable) else None
    return (asked or 0) + wait_random_exponential(multiplier=FIRST_WINDOW, max=LONGEST_WINDOW)(state)


def _goes_on(session: Session) -> bool:
    return not session.ended
