"""Reviews to test with: one on its way through the Lambdas and the API, each step given what the machine gives it."""

import json
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from core.callback_rows import callback_id_of
from core.callbacks import Callbacks
from core.questions import Decision
from core.record import Status, Table
from core.sessions import close
from core.starts import next_attempt
from core.step import Step
from course_review import ask_author, ask_moderator, close_review, publish_review, screen_review, submit_review
from course_review.models import ModeratedReview
from tests.support.course_review import review_of
from tests.support.decisions import deliver
from tests.support.tables import callback_of
from tests.support.waits import tasks
from tests.unit.api.calling import Answer, call

SENT: dict[str, Any] = {
    "courseId": "peak-to-creek",
    "courseName": "Peak to Creek",
    "resort": "whistler",
    "userId": "rider-1",
    "rating": 4,
    "title": "Long and lovely",
    "text": "Eleven kilometres, and empty after lunch.",
}
APPROVED = Decision(action="approve", by="mod", at="2026-11-21T09:30:00.000Z")
_numbers = count(1)


def review(**fields: Any) -> ModeratedReview:
    """A review that a moderator has approved, as it is after its first screening."""
    kept = {"sessionId": "review", "moderationSeconds": 3600, "revisionSeconds": 3600, "round": 1}
    return ModeratedReview.model_validate({**SENT, **kept, "decision": APPROVED, **fields})


def new_author() -> dict[str, str]:
    """A user and a course that no test has used."""
    number = next(_numbers)
    return {"userId": f"rider-{number}", "courseId": f"course-{number}"}


class Reviewing:
    """A review on its way; of an author and a course of its own, unless said otherwise."""

    def __init__(self, **fields: Any) -> None:
        self.session_id = f"review-{next(_numbers)}"
        self.arn = f"arn:aws:states:us-east-1:123456789012:execution:course-review-test:{self.session_id}"
        self.sent = {**SENT, **new_author(), **fields, "sessionId": self.session_id}
        self.review = self._call(submit_review.handler, self.sent)["input"]
        self.answer: dict[str, Any] = {}

    @property
    def rounds(self) -> int:
        return int(self.review["round"])

    @property
    def key(self) -> dict[str, str]:
        """Whose review of which course it is."""
        return {name: self.sent[name] for name in ("userId", "courseId")}

    @property
    def row(self) -> Any:
        """The row of its author and course, or None."""
        return review_of(self.sent["courseId"], self.sent["userId"])

    def screen(self) -> list[str]:
        """The reasons against the review, after one screening more."""
        self.review = self.screened()
        return list(self.review["reasons"])

    def screened(self) -> Any:
        return self._call(screen_review.handler, {**self.review, **self.answer}, item=self.rounds + 1)

    def ask_moderator(self) -> None:
        token = f"{self.session_id}-moderator-{self.rounds}"
        self._call(ask_moderator.handler, self.review, item=self.rounds, taskToken=token)

    def ask_author(self) -> None:
        token = f"{self.session_id}-author-{self.rounds}"
        self._call(ask_author.handler, {**self.review, **self.answer}, item=self.rounds, taskToken=token)

    def publish(self) -> Any:
        return self._call(publish_review.handler, {**self.review, **self.answer})

    def close(self) -> Any:
        return self._call(close_review.handler, {**self.review, **self.answer})

    def signal(self, name: str, **body: Any) -> Answer:
        """What a service is told that sends a signal."""
        return call("send_signal", path={"sessionId": self.session_id, "name": name}, body=body)

    def decide(self, link: str, action: str, comment: str = "") -> Answer:
        """What a moderator is told who decides on the page."""
        row = callback_of(self.session_id, "AskModerator")
        query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({"action": action, "comment": comment, "round": row["round"]})
        return call("decide_approval", path={"callbackId": row["callbackId"]}, query=query, body=body, headers=form)

    def go_on(self, step: str) -> None:
        """Has the decision delivered; the machine goes on with it."""
        row = Callbacks("callbacks-test").get(callback_id_of(self.session_id, step))
        assert row is not None
        with tasks(row["token"]) as waiting:
            deliver(row["callbackId"])
        self.answer = {"decision": waiting.answered[row["token"]]}

    def to_moderator(self) -> "Reviewing":
        assert self.screen() == []
        self.ask_moderator()
        return self

    def moderated(self, action: str, **body: Any) -> "Reviewing":
        """A moderator's service has signalled this, and the machine goes on."""
        assert self.signal(action, by="mod", **body).status == 202
        self.go_on("AskModerator")
        return self

    def resubmitted(self, **payload: Any) -> "Reviewing":
        """The author was asked for changes, and has sent them."""
        self.ask_author()
        assert self.signal("resubmit", payload=payload).status == 202
        self.go_on("AskAuthor")
        return self

    def fail(self) -> None:
        """The execution has failed, and reconciliation says so."""
        table = Table("sessions-test")
        record = table.get(self.session_id)
        assert record is not None
        close(table, record, self.arn, Status.FAILED, lambda _seen: None)

    def retry(self) -> None:
        """The failed session runs on, in its next execution."""
        table = Table("sessions-test")
        record = table.get(self.session_id)
        assert record is not None
        self.arn = next_attempt(table, record)["executionArn"]

    def _call(self, handler: Step, sent: Any, **beside: Any) -> Any:
        execution = {"id": self.arn, "name": self.session_id, "startTime": "2026-11-21T09:30:00.000Z"}
        return json.loads(json.dumps(handler({"execution": execution, "input": sent, **beside}, None)))
