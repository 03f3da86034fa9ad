"""What the clients raise. Messages are for people and hold neither keys nor credentials nor what was sent."""

from collections.abc import Iterable, Sequence

from durable_workflows.models import Problem, Session


class WorkflowError(Exception):
    """Root of every error that this package raises on purpose."""


class NotConfigured(WorkflowError):
    """The environment is wrong or half-set. `problems`: pairs of a variable (or field) and what is wrong with it."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in self.problems))


class Refused(WorkflowError):
    """The API said no, and would say so again.

    status: of HTTP. code: for programs, as docs/api.md lists them. message: for people. details: each bad field.
    tries: how many requests the call took; from the second on, an earlier one may have been done.
    """

    def __init__(self, code: str, message: str, *, status: int, details: Sequence[Problem] = ()) -> None:
        self.code, self.message, self.status, self.details = code, message, status, tuple(details)
        self.tries = 1
        fields = "; ".join(f"{detail.field}: {detail.problem}" for detail in self.details)
        super().__init__(f"{code}: {message}" + (f" {fields}" if fields else ""))


class InvalidInput(Refused):
    """400, 413: what was sent is not what it should be; correct what `details` names."""


class NotAllowed(Refused):
    """401, 403: the key, the signature or a permission is missing or wrong."""


class Unknown(Refused):
    """404: there is no such session, workflow or route."""


class Conflict(Refused):
    """409: the session is not in a state for this; look at it."""


class Ended(Conflict):
    """A session was signalled for some time, and has ended. `session`: as it was seen then."""

    def __init__(self, session: Session) -> None:
        self.session = session
        end = f"{session.status} ({session.outcome})" if session.outcome else session.status
        super().__init__("SessionEnded", f"The session is {end} and is no longer open.", status=409)


class Unavailable(WorkflowError):
    """No answer, 429 or 5xx, also when asked again.

    status: of HTTP, or None without an answer. retry_after: seconds that the API asked to be left alone.
    maybe_done: whether the request may have been done all the same; False where it never arrived.
    """

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: float | None = None, maybe_done: bool = True
    ) -> None:
        super().__init__(message)
        self.status, self.retry_after, self.maybe_done = status, retry_after, maybe_done


class NotEnded(WorkflowError):
    """A session was waited for, and goes on. `session`: as it was last seen."""

    def __init__(self, session: Session, seconds: float) -> None:
        self.session = session
        waits = session.waiting_for
        where = f", waits for a {waits.kind} until {waits.expires_at:%Y-%m-%d %H:%M:%S %Z}" if waits else ""
        super().__init__(
            f"session {session.session_id} has not ended within {seconds:g} s: it is {session.status}, in phase "
            f"{session.phase}, at {session.progress} %{where}; wait on, or look again later"
        )
