"""The errors a step can end with. A class's *name* is its contract with ASL: `ErrorEquals` reads names, not bases.

`TransientError` is retried, so every subclass a step can raise must be named in its state's Retry (a test checks it).
`FinalError` never is: trying again cannot help.
"""

from collections.abc import Iterable


class WorkflowError(Exception):
    """Root of every error this project raises on purpose. Its message is written for people and holds no secrets."""


class TransientError(WorkflowError):
    """Trying again may help."""


class FinalError(WorkflowError):
    """Trying again cannot help; the session fails, or the machine catches the error by name."""


class AwsUnavailable(TransientError):
    """An AWS call was throttled, timed out or could not be reached."""


class ProviderUnavailable(TransientError):
    """An outside service behind a provider was throttled, timed out or could not be reached."""


class SessionBusy(TransientError):
    """Other deliveries kept changing the session record while a step tried to write to it."""


class NotYet(TransientError):
    """Something else must come to its end first."""


class DeliveryUnavailable(TransientError):
    """Whoever is to get a result did not take it, or gave no answer."""


class InvalidInput(FinalError):
    """The workflow's input is not what its model says.

    `problems` names each bad field with what is wrong, e.g. `("profile.budget", "must be greater than 0")`;
    values are left out, for they may be personal.
    """

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in self.problems))


class SessionConflict(FinalError):
    """The sessionId belongs to a session with other input."""


class UnknownSession(FinalError):
    """There is no session of this id."""


class SessionClosed(FinalError):
    """The session has ended; nothing may write to it any more."""


class StaleExecution(FinalError):
    """The session belongs to another execution than the one this step runs in."""


class NotRetryable(FinalError):
    """The session did not fail, or what it had done was undone."""


class AccessDenied(FinalError):
    """The Lambda's role lacks a grant; the workflow's stack file says what each step may touch."""


class LinkInvalid(FinalError):
    """A link to an approval was not made here, was altered, or belongs to another approval."""


class LinkExpired(FinalError):
    """A link to an approval is older than the approval allows."""


class DeliveryRefused(FinalError):
    """Whoever is to get a result wants nothing more at this address, or the address is not on the stage's list."""


class UnknownFile(FinalError):
    """There is no file of this key in the stage's bucket."""


class ModelRefused(FinalError):
    """A model will not answer this, or the service behind it does not take such requests."""


class ModelAnswerInvalid(FinalError):
    """What a model answered is not what it was asked for, after it was told so once."""


class TextTooLong(FinalError):
    """A text is longer than a model can be given at once, and its answers cannot be joined."""
