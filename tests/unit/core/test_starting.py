"""Events that start sessions: once each, however often they come; what cannot be read is kept with its reason."""

import io
import json
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest
from pydantic import Field

from core import aws
from core.clock import ahead
from core.errors import AwsUnavailable, FinalError, SessionConflict
from core.executions import input_hash
from core.models import Model
from core.observability import logger
from core.record import Record, SessionError, Status, Table, new_record
from core.sessions import close
from core.settings import load
from core.starting import Sessions, starting
from core.starts import NEVER_BEGAN, enqueue, start_execution, start_session
from tests.support import interleaving, toy
from tests.support.executions import create_machine, input_of, start, started, unreachable
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.tables import record_of

pytestmark = pytest.mark.usefixtures("shared_tables")

DEAD = "skill-sync-events-dead-test"
CALLS = ["put_item sessions-test", "start_execution"]


class Toy(Model):
    toy_id: str
    amount: int = Field(gt=0)
    made_on: date | None = None


class ToyMade(Model):
    detail: Toy


class Unwanted(FinalError):
    """An event that nobody wants."""


def _start(event: ToyMade, sessions: Sessions) -> None:
    """Starts a session for each toy."""
    if event.detail.amount >= 13:
        raise Unwanted(f"nobody wants {event.detail.amount} of them" + event.detail.amount // 100 * "!")
    sessions.start(event.detail.toy_id, {"amount": event.detail.amount})


_start.__module__ = "toy.start"
HANDLER = starting(_start)


@pytest.fixture(scope="module", autouse=True)
def _machine(shared_tables: pytest.MonkeyPatch) -> None:
    shared_tables.setenv("STATE_MACHINE_ARN", create_machine(toy.WORKFLOW))
    shared_tables.setattr(interleaving, "_CALLS", (*interleaving._CALLS, "start_execution"))
    load.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_kept(shared_tables: None) -> None:
    kept()


def event(session_id: str, amount: Any = 7, **detail: Any) -> str:
    """An event as EventBridge puts it on the queue."""
    return json.dumps(
        {
            "version": "0",
            "id": "e-1",
            "source": "toys",
            "detail-type": "toy.made",
            "detail": {"toyId": session_id, "amount": amount, "colour": "unknown field", **detail},
        }
    )


def take(*bodies: str) -> list[str]:
    """Invokes the Lambda with messages of these bodies. The numbers of those that are to be sent again."""
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    return [item["itemIdentifier"] for item in HANDLER({"Records": records}, None)["batchItemFailures"]]


def kept() -> list[tuple[str, str]]:
    """What came to the dead-letter queue since the last look: the event and its reason."""
    url, found = aws.sqs().get_queue_url(QueueName=DEAD)["QueueUrl"], []
    while (
        messages := aws.sqs()
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        .get("Messages", [])
    ):
        for message in messages:
            found.append((message["Body"], message["MessageAttributes"]["reason"]["StringValue"]))
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


class TestAnEvent:
    def test_starts_a_session_under_the_id_that_it_names(self) -> None:
        session_id = toy.new_session()
        assert take(event(session_id)) == []
        record = record_of(session_id)
        assert (record["workflow"], record["status"], record["executionArn"]) == (
            "toy",
            "queued",
            toy.execution_arn(session_id),
        )
        assert input_of(record["executionArn"]) == {"amount": 7}
        assert kept() == []

    def test_is_taken_over_by_the_first_step_of_its_execution(self) -> None:
        session_id = toy.new_session()
        take(event(session_id))
        arn = record_of(session_id)["executionArn"]
        opened = toy.OPEN({**toy.event(session_id, ""), "input": input_of(arn)}, None)
        assert opened == {"sessionId": session_id, "duplicate": False, "input": {"amount": 7}}
        assert record_of(session_id)["status"] == "processing"

    def test_that_comes_again_in_the_same_batch_or_later_starts_nothing_twice(self) -> None:
        session_id, other = toy.new_session(), toy.new_session()
        for _ in range(2):
            assert take(event(session_id), event(other), event(session_id)) == []
        assert (started(session_id), started(other)) == ([session_id], [other])
        before = record_of(session_id)
        toy.OPEN(toy.event(session_id, session_id, amount=7), None)
        assert take(event(session_id)) == []
        assert record_of(session_id)["status"] == "processing"
        assert record_of(session_id)["createdAt"] == before["createdAt"]
        assert kept() == []

    def test_names_its_owner_where_the_input_does(self) -> None:
        session_id = toy.new_session()
        Sessions("toy").start(session_id, {"amount": 7, "owner": "ann"})
        assert record_of(session_id)["owner"] == "ann"


class TestWhatCannotStartASession:
    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ("not json", "InvalidInput: event: is not JSON"),
            ("[" * 100_000, "InvalidInput: event: is not JSON"),
            ("[]", "InvalidInput: input: Input should be an object"),
            ("{}", "InvalidInput: detail: Field required"),
            (event("t-1", 0), "InvalidInput: detail.amount: Input should be greater than 0"),
            (event("t-1", 13), "Unwanted: nobody wants 13 of them"),
        ],
    )
    def test_is_kept_with_its_reason_and_not_tried_again(self, body: str, reason: str) -> None:
        assert take(body) == []
        assert kept() == [(body, reason)]

    def test_has_a_reason_of_256_characters_at_most(self) -> None:
        assert take(event("t-1", 50_000)) == []
        ((_, reason),) = kept()
        assert reason == "Unwanted: nobody wants 50000 of them".ljust(256, "!")

    def test_is_kept_alone(self) -> None:
        first, last = toy.new_session(), toy.new_session()
        assert take(event(first), "not json", event(last)) == []
        assert (started(first), started(last)) == ([first], [last])
        assert [body for body, _ in kept()] == ["not json"]

    def test_as_a_session_of_other_input_has_its_id_is_kept_and_the_session_untouched(self) -> None:
        session_id = toy.new_session()
        take(event(session_id))
        before = record_of(session_id)
        assert take(event(session_id, 8)) == []
        ((body, reason),) = kept()
        assert body == event(session_id, 8)
        assert reason.startswith(f"SessionConflict: session {session_id} exists with other input")
        assert record_of(session_id) == before

    def test_as_another_session_s_execution_has_its_name_is_kept_and_leaves_no_record(self) -> None:
        session_id = toy.new_session()
        start(toy.execution_arn(session_id), {"sessionId": "another", "amount": 7})
        assert take(event(session_id)) == []
        ((_, reason),) = kept()
        assert reason.startswith(f"SessionConflict: the execution name {session_id} is taken")
        assert record_of(session_id) is None

    def test_has_a_reason_that_repeats_no_values(self, monkeypatch: pytest.MonkeyPatch) -> None:
        log = io.StringIO()
        monkeypatch.setattr(logger.registered_handler, "stream", log)
        detail = {"toyId": ["hush"], "amount": "hush", "madeOn": "hush"}
        assert take(json.dumps({"detail": detail}), json.dumps({"detail": "hush"})) == []
        reasons = [reason for _, reason in kept()]
        assert len(reasons) == 2
        assert "hush" not in log.getvalue() + "".join(reasons)
        assert "detail.amount" in log.getvalue()


class TestAStartMessage:
    """A session that the API has queued."""

    def queued(self, **given: Any) -> tuple[str, str]:
        """Its id, and the message."""
        session_id = toy.new_session()
        raw = {"amount": 7, **given}
        record = new_record(session_id, "toy", toy.execution_arn(session_id), input_hash(raw), "queued", None)
        enqueue(Table("sessions-test"), {**record, "queuedUntil": ahead(3600)})
        return session_id, self.message(session_id, raw)

    def message(self, session_id: Any, raw: Any) -> str:
        return json.dumps({"start": {"sessionId": session_id, "input": raw}})

    def end(self, session_id: str, status: Status, error: str) -> None:
        record = record_of(session_id)
        why: SessionError = {"type": error, "message": "it ended"}
        assert close(Table("sessions-test"), record, record["executionArn"], status, lambda _: why)

    def test_starts_its_execution_once_however_often_it_comes(self) -> None:
        session_id, message = self.queued(owner="두부")
        before = record_of(session_id)
        for _ in range(2):
            assert take(message, message) == []
        assert started(session_id) == [session_id]
        assert input_of(toy.execution_arn(session_id)) == {"amount": 7, "owner": "두부"}
        assert record_of(session_id) == before
        toy.OPEN(toy.event(session_id, session_id, amount=7, owner="두부"), None)
        assert take(message) == []
        assert record_of(session_id)["status"] == "processing"
        assert kept() == []

    def test_starts_a_session_that_has_no_record_yet(self) -> None:
        session_id = toy.new_session()
        assert take(self.message(session_id, {"amount": 7, "owner": "ann"})) == []
        assert (record_of(session_id)["owner"], started(session_id)) == ("ann", [session_id])

    @pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
    @pytest.mark.parametrize("fatal", range(len(CALLS)))
    def test_whose_lambda_is_killed_at_any_call_starts_it_once_as_it_comes_again(self, fatal: int, fate: Fate) -> None:
        session_id, message = self.queued()
        with interleaved():
            victim = Delivery("start", lambda: take(message)).start()
            for _ in range(fatal):
                victim.step()
            victim.step(fate)
        assert take(message) == []
        assert started(session_id) == [session_id]
        assert kept() == []

    def test_of_a_session_cancelled_meanwhile_starts_nothing(self) -> None:
        session_id, message = self.queued()
        self.end(session_id, Status.CANCELLED, "Cancelled")
        assert take(message) == []
        assert (started(session_id), kept()) == ([], [])
        assert record_of(session_id)["status"] == "cancelled"

    def test_whose_execution_name_is_taken_fails_its_session_which_its_caller_was_told_of(self) -> None:
        session_id, message = self.queued()
        start(toy.execution_arn(session_id), {"amount": 8})
        assert take(message) == []
        record = record_of(session_id)
        assert (record["status"], record["error"]["type"]) == ("failed", "SessionConflict")
        [(_, reason)] = kept()
        assert reason.startswith("SessionConflict: the execution name")

    def test_of_a_session_that_has_failed_starts_nothing(self) -> None:
        session_id, message = self.queued()
        self.end(session_id, Status.FAILED, "NoRecipeFits")
        assert take(message) == []
        assert (started(session_id), kept()) == ([], [])

    def test_that_came_so_late_that_its_session_was_given_up_revives_it(self) -> None:
        session_id, message = self.queued()
        self.end(session_id, Status.FAILED, NEVER_BEGAN)
        assert take(message) == []
        assert started(session_id) == [session_id]
        record = record_of(session_id)
        assert (record["status"], record["openWorkflow"]) == ("queued", "toy")
        assert not {"error", "ttl"} & record.keys()

    def test_with_other_input_than_the_session_s_is_kept(self) -> None:
        session_id, _ = self.queued()
        message = self.message(session_id, {"amount": 8})
        assert take(message) == []
        ((body, reason),) = kept()
        assert (body, started(session_id)) == (message, [])
        assert reason.startswith(f"SessionConflict: session {session_id} exists with other input")

    @pytest.mark.parametrize(
        ("start", "reason"),
        [
            ([], "InvalidInput: start: Input should be an object"),
            ({}, "InvalidInput: start.sessionId: Field required; start.input: Field required"),
            ({"sessionId": "not an id", "input": {}}, "InvalidInput: start.sessionId: String should match pattern"),
            ({"sessionId": "t-1", "input": "hush"}, "InvalidInput: start.input: Input should be a valid dictionary"),
            ({"sessionId": {"hush": 1}, "input": {}}, "InvalidInput: start.sessionId: Input should be a valid string"),
        ],
    )
    def test_that_cannot_be_read_is_kept_with_its_reason_and_is_in_no_log(
        self, start: Any, reason: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log, message = io.StringIO(), json.dumps({"start": start})
        monkeypatch.setattr(logger.registered_handler, "stream", log)
        assert take(message) == []
        ((body, why),) = kept()
        assert (body, why[: len(reason)]) == (message, reason)
        assert "hush" not in log.getvalue() + why


class TestTryingAgain:
    def test_what_aws_could_not_take_is_sent_again_alone(self) -> None:
        sessions = [toy.new_session() for _ in range(3)]
        with unreachable_for(sessions[1]):
            assert take(*map(event, sessions)) == ["1"]
        assert [started(session_id) != [] for session_id in sessions] == [True, False, True]
        assert kept() == []
        assert take(event(sessions[1])) == []
        assert started(sessions[1]) == [sessions[1]]

    def test_an_error_that_nobody_foresaw_is_sent_again_and_its_words_are_in_no_log(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log = io.StringIO()
        monkeypatch.setattr(logger.registered_handler, "stream", log)

        def break_down(*_: Any) -> Any:
            raise KeyError("hush")

        monkeypatch.setattr(Sessions, "start", break_down)
        assert take(event(toy.new_session())) == ["0"]
        assert "hush" not in log.getvalue()
        assert kept() == []

    def test_one_that_cannot_even_be_kept_is_sent_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as wrong:
            wrong.setenv("EVENTS_DEAD_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/gone")
            load.cache_clear()
            assert take("not json", event(toy.new_session())) == ["0"]
        load.cache_clear()
        assert take("not json") == []
        assert len(kept()) == 1

    @pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
    @pytest.mark.parametrize("fatal", range(len(CALLS)))
    def test_killed_at_any_call_its_repetition_starts_the_session_once(self, fatal: int, fate: Fate) -> None:
        session_id = toy.new_session()
        with interleaved():
            victim = Delivery("start", lambda: take(event(session_id))).start()
            for _ in range(fatal):
                victim.step()
            victim.step(fate)
        assert victim.calls == CALLS[: fatal + 1]
        assert victim.output is None
        for _ in range(2):
            assert take(event(session_id)) == []
        assert started(session_id) == [session_id]
        assert record_of(session_id)["version"] == 1

    def test_twenty_at_once_start_one_execution(self) -> None:
        session_id = toy.new_session()
        with interleaved():
            every = [Delivery(str(number), lambda: take(event(session_id))).start() for number in range(20)]
            while unfinished := [one for one in every if not one.done]:
                for one in unfinished:
                    one.step()
        assert [one.output for one in every] == [[]] * 20
        assert started(session_id) == [session_id]
        assert kept() == []


def unreachable_for(session_id: str) -> Any:
    """Step Functions cannot be reached for this session's execution."""
    real = start_execution

    def reached(arn: str, wanted: str, raw: Any) -> bool:
        if wanted == session_id:
            raise AwsUnavailable("StartExecution: throttled")
        return real(arn, wanted, raw)

    return patch("core.starts.start_execution", reached)


class TestStarts:
    def fresh(self, session_id: str, raw: Any) -> Record:
        return new_record(session_id, "toy", toy.execution_arn(session_id), input_hash(raw), "queued", None)

    def test_an_execution_that_was_started_is_its_session_s_own_by_id_and_input(self) -> None:
        session_id = toy.new_session()
        arn = toy.execution_arn(session_id)
        assert start_execution(arn, session_id, {"amount": 7, "note": "두부"})
        assert start_execution(arn, session_id, {"note": "두부", "amount": 7.0, "sessionId": session_id})
        assert not start_execution(arn, session_id, {"amount": 8, "note": "두부"})
        assert not start_execution(arn, "other", {"sessionId": "other", "amount": 7, "note": "두부"})
        assert input_of(arn) == {"amount": 7, "note": "두부"}

    def test_a_session_is_queued_before_its_execution_is_started_and_stays_so_where_that_fails(self) -> None:
        session_id, raw = toy.new_session(), {"amount": 7}
        table = Table("sessions-test")
        with unreachable(), pytest.raises(Exception, match="Could not connect"):
            start_session(table, self.fresh(session_id, raw), raw)
        assert record_of(session_id)["status"] == "queued"
        record = start_session(table, self.fresh(session_id, raw), raw)
        assert record == record_of(session_id)
        assert started(session_id) == [session_id]

    def test_a_conflict_over_the_name_removes_only_what_nobody_has_touched_since(self) -> None:
        session_id, raw = toy.new_session(), {"amount": 7}
        start(toy.execution_arn(session_id), {"sessionId": "another"})
        with interleaved():
            late = Delivery(
                "start", lambda: start_session(Table("sessions-test"), self.fresh(session_id, raw), raw)
            ).start()
            late.step()
            toy.OPEN(toy.event(session_id, session_id, **raw), None)
            late.finish()
        assert isinstance(late.error, SessionConflict)
        assert record_of(session_id)["status"] == "processing"
