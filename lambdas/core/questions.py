"""What a session may ask, of whom, and how it is answered: people decide, another system answers by webhook, or trusted
services signal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from core.models import Model
from core.notifications import Notification


class Fact(Model):
    """A line of what is asked: "Customer", "cust-123"."""

    label: str
    value: str


class Item(Model):
    """One of the things it is about; `amount` as people write it, with its currency."""

    name: str
    quantity: int
    amount: str


class Approval(Model):
    """A question that people answer, each approver through a link of their own.

    accepts: what may be decided, e.g. ("approve", "reject"). signals: what trusted services may answer beside these,
    e.g. ("cancel",). expires_in: seconds, of the links and the question. notices: who else is told that it is asked.
    """

    kind: ClassVar[str] = "approval"

    title: str
    asked_by: str
    facts: list[Fact] = Field(default=[])
    items: list[Item] = Field(default=[])
    total: str | None = None
    accepts: tuple[str, ...]
    signals: tuple[str, ...] = ()
    approvers: tuple[str, ...]
    expires_in: int
    notices: tuple[Notification, ...] = ()

    def shown(self) -> dict[str, Any]:
        """What the approval's page needs of it."""
        kept_elsewhere = {"accepts", "signals", "approvers", "expires_in", "notices"}
        return self.model_dump(mode="json", by_alias=True, exclude=kept_elsewhere)


@dataclass(frozen=True)
class Webhook:
    """A question that another system answers.

    accepts: the first is what its signed answer counts as; signals may give the others. expires_in: seconds.
    send: asks, given the URL that the answer goes to; repeated when it fails, so it must be idempotent.
    """

    kind: ClassVar[str] = "webhook"
    signals: ClassVar[tuple[str, ...]] = ()
    notices: ClassVar[tuple[Notification, ...]] = ()

    accepts: tuple[str, ...]
    expires_in: int
    send: Callable[[str], None]

    def shown(self) -> dict[str, Any]:
        """Nobody looks at it."""
        return {}


@dataclass(frozen=True)
class Signals:
    """A wait that only signals of trusted services end: nobody is given a link.

    accepts: the signals' names. expires_in: seconds. notices: who is told that it is waited for.
    """

    kind: ClassVar[str] = "signal"
    signals: ClassVar[tuple[str, ...]] = ()

    accepts: tuple[str, ...]
    expires_in: int
    notices: tuple[Notification, ...] = ()

    def shown(self) -> dict[str, Any]:
        """Nobody looks at it."""
        return {}


Question = Approval | Webhook | Signals


class Decision(Model):
    """An answer, as the machine gets it.

    action: one of what the question accepts. by: who decided. at: when (ISO 8601, UTC). payload: a webhook's or a
    signal's body.
    """

    action: str
    by: str
    at: str
    comment: str | None = None
    payload: Any = None
