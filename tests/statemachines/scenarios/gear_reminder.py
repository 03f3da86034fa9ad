"""gear-reminder: what its machine is run through. It is then 2026-11-21T09:00Z; stage `test` waits 300 days at most."""

from typing import Any

from tests.support.interpreter import Answer, Fault
from tests.support.scenarios import Scenario

ONCE: dict[str, Any] = {
    "sessionId": "gear-1",
    "userId": "rider-1",
    "gear": "Freeride board",
    "reminderType": "wax",
    "message": "Time to wax your board.",
    "scheduledAt": "2026-11-28T09:00:00+01:00",
}
WEEKLY = {**ONCE, "timeZone": "Europe/Zurich", "repeat": {"everyDays": 7, "until": "2026-12-12"}}
FAR = {**ONCE, "scheduledAt": "2027-12-24T09:00:00+01:00"}
DUE: Answer = ("AwaitDue", None)
CANCEL: Answer = ("AwaitDue", {"action": "cancel", "by": "rider-1"})


def move(to: str) -> Answer:
    return ("AwaitDue", {"action": "move", "by": "rider-1", "payload": {"scheduledAt": to}})


SCENARIOS = [
    Scenario("a reminder is sent when it is due", ONCE, "SUCCEEDED", outcome="sent", answers=(DUE,)),
    Scenario("a reminder is cancelled", ONCE, "SUCCEEDED", outcome="cancelled", answers=(CANCEL,)),
    Scenario(
        "a reminder is moved, and sent when it is due then",
        ONCE,
        "SUCCEEDED",
        outcome="sent",
        answers=(move("2026-11-22T09:00:00+01:00"), DUE),
    ),
    Scenario("a weekly reminder is sent three times", WEEKLY, "SUCCEEDED", outcome="sent", answers=(DUE, DUE, DUE)),
    Scenario(
        "a weekly reminder is cancelled after it was sent once",
        WEEKLY,
        "SUCCEEDED",
        outcome="cancelled",
        answers=(DUE, CANCEL),
    ),
    Scenario(
        "a reminder that is more than an execution's wait ahead is sent",
        FAR,
        "SUCCEEDED",
        outcome="sent",
        answers=(DUE, DUE),
    ),
    Scenario("a repeated start does nothing", ONCE, "SUCCEEDED", answers=(CANCEL,), started_before=(ONCE,)),
    Scenario(
        "the same session with another reminder is refused",
        {**ONCE, "gear": "Race board"},
        "FAILED",
        error="SessionConflict",
        answers=(CANCEL,),
        started_before=(ONCE,),
    ),
    Scenario(
        "a reminder in the past is refused",
        {**ONCE, "scheduledAt": "2026-11-21T08:58:59Z"},
        "FAILED",
        error="InvalidInput",
    ),
    Scenario(
        "a move to the past that no route has refused fails the session",
        ONCE,
        "FAILED",
        error="InvalidInput",
        answers=(move("2026-11-20T09:00:00Z"),),
    ),
    Scenario(
        "a machine that cannot be reached for a while sends once",
        ONCE,
        "SUCCEEDED",
        outcome="sent",
        answers=(DUE,),
        faults=(
            Fault("SendReminder", "Lambda.TooManyRequestsException", visit=1),
            Fault("SendReminder", "AwsUnavailable", visit=2),
            Fault("SendReminder", "Lambda.Unknown", visit=3, after_work=True),
        ),
    ),
]
