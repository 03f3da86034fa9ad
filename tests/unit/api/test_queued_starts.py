"""Starts that wait in a queue: answered at once, queued once their record is written, and never with a text."""

import json
from unittest.mock import patch

import pytest

from core import aws
from core.executions import input_hash
from core.files import files
from core.settings import load
from novel_analysis.models import NovelAnalysisInput
from tests.support.clock import at
from tests.support.executions import started, unreachable
from tests.support.interleaving import Delivery, Fate, interleaved
from tests.support.tables import every_row, record_of
from tests.unit.api.calling import RECIPE, at_once, call
from tests.unit.api.novels import ARN, STORY, fields, machines, queued, start

UPLOADED = {"title": "Moon jar", "textKey": "uploads/abc"}


@pytest.fixture(autouse=True)
def _machines(tables: None, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STATE_MACHINES", machines())
    load.cache_clear()


def test_a_start_is_answered_with_its_id_and_waits_in_the_queue() -> None:
    with at("2026-11-21T09:00:00Z"):
        answer = start({"sessionId": "n-1", "owner": "ann", **UPLOADED})
    assert answer.status == 202
    assert answer.json == {
        "sessionId": "n-1",
        "executionArn": f"{ARN}:n-1",
        "status": "queued",
        "links": {"self": "/sessions/n-1", "cancel": "/sessions/n-1/cancel"},
    }
    raw = {"sessionId": "n-1", "owner": "ann", **UPLOADED}
    assert queued() == [{"start": {"sessionId": "n-1", "input": raw}}]
    record = record_of("n-1")
    assert (record["status"], record["phase"], record["owner"]) == ("queued", "queued", "ann")
    assert record["inputHash"] == input_hash(raw)
    assert record["queuedUntil"] == "2026-11-21T10:00:00.000Z"
    assert started("n-1", "novel-analysis") == []


def test_the_answer_of_a_lookup_says_nothing_of_the_queue() -> None:
    start()
    assert "queuedUntil" not in call("get_session", path={"sessionId": "n-1"}).json


def test_a_start_without_an_id_gets_one_that_its_message_has() -> None:
    session_id = start(UPLOADED).json["sessionId"]
    assert session_id.startswith("sess_")
    [message] = queued()
    assert message["start"] == {"sessionId": session_id, "input": UPLOADED}


def test_a_text_is_kept_as_a_file_and_is_in_no_message_and_no_record() -> None:
    secret = "비밀의 정원"
    start({"sessionId": "n-1", "title": "A title", "text": secret})
    [message] = queued()
    given = message["start"]["input"]
    assert given.keys() == {"sessionId", "title", "textKey"}
    assert files().read(given["textKey"]).decode() == secret
    assert secret not in json.dumps([message, every_row("sessions-test")], ensure_ascii=False)
    assert NovelAnalysisInput.model_validate(given).text_key == given["textKey"]


def test_snake_case_is_taken() -> None:
    assert start({"session_id": "n-1", "title": "x", "text_key": "uploads/abc"}).status == 202
    [message] = queued()
    assert message["start"]["input"]["text_key"] == "uploads/abc"


def test_a_null_beside_the_key_changes_nothing() -> None:
    assert start({"sessionId": "n-1", "text": None, **UPLOADED}).status == 202
    [message] = queued()
    assert message["start"]["input"]["textKey"] == "uploads/abc"


def test_texts_that_no_queue_takes_as_they_are_travel_all_the_same() -> None:
    odd = "\ufffe\uffff\u0007"
    assert start({"sessionId": "n-1", "owner": odd, **UPLOADED}).status == 202
    [message] = queued()
    assert message["start"]["input"]["owner"] == odd


@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "\u0007"])
def test_a_message_has_only_characters_that_a_queue_takes(character: str) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
    bodies: list[str] = []
    with patch.object(aws.sqs(), "send_message", lambda **message: bodies.append(message["MessageBody"])):
        start({"sessionId": "n-1", "owner": character, **UPLOADED})
    assert character not in bodies[0]


def test_the_same_start_again_finds_the_session_and_tells_the_queue_again() -> None:
    first, again = start(), start({**STORY, "sessionId": "n-1"})
    assert again.json == first.json
    first_message, second = queued()
    assert first_message == second
    assert record_of("n-1")["version"] == 1


def test_a_start_of_a_session_that_is_under_way_queues_nothing() -> None:
    start()
    queued()
    aws.dynamodb().update_item(
        TableName="sessions-test",
        Key={"sessionId": {"S": "n-1"}},
        UpdateExpression="SET #status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": "processing"}},
    )
    answer = start()
    assert (answer.status, answer.json["status"]) == (202, "processing")
    assert queued() == []


@pytest.mark.parametrize("other", [{"text": "셋"}, {"title": "Another"}, {"owner": "ben"}])
def test_a_used_id_with_another_text_is_409_and_queues_nothing(other: dict[str, str]) -> None:
    start()
    queued()
    before = record_of("n-1")
    answer = start({"sessionId": "n-1", **STORY, **other})
    assert (answer.status, answer.code) == (409, "SessionConflict")
    assert (queued(), record_of("n-1")) == ([], before)


def test_the_same_text_inline_and_by_its_parked_key_is_one_input() -> None:
    start()
    [message] = queued()
    assert start(message["start"]["input"]).status == 202


@pytest.mark.parametrize("fate", [Fate.DIE_BEFORE, Fate.DIE_AFTER])
@pytest.mark.parametrize("fatal", [0, 1])
def test_a_start_whose_lambda_dies_is_made_good_by_the_same_again(fatal: int, fate: Fate) -> None:
    with interleaved():
        victim = Delivery("start", start).start()
        for _ in range(fatal):
            victim.step()
        victim.step(fate)
    assert victim.output is None
    assert victim.calls == ["put_item sessions-test", "send_message"][: fatal + 1]
    assert start().status == 202
    messages = queued()
    assert len(messages) == 1 + ((fatal, fate) == (1, Fate.DIE_AFTER))
    assert {message["start"]["sessionId"] for message in messages} == {"n-1"}
    assert record_of("n-1")["version"] == 1


def test_a_queue_that_cannot_be_reached_is_503_and_the_same_again_goes_on() -> None:
    with unreachable("send_message", aws.sqs()):
        answer = start()
    assert (answer.status, answer.code) == (503, "AwsUnavailable")
    assert record_of("n-1")["status"] == "queued"
    assert start().status == 202
    assert len(queued()) == 1


def test_a_bucket_that_cannot_be_reached_is_503_and_leaves_no_record() -> None:
    with unreachable("put_object", aws.s3()):
        answer = start()
    assert (answer.status, answer.code) == (503, "AwsUnavailable")
    assert (record_of("n-1"), queued()) == (None, [])


def test_twenty_same_starts_at_once_are_one_session() -> None:
    answers = at_once(lambda _: start())
    assert {answer.status for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert len({json.dumps(message) for message in queued()}) == 1
    assert record_of("n-1")["version"] == 1


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"title": "x"}, {"input"}),
        ({**STORY, **UPLOADED}, {"input"}),
        ({"title": "x", "text": ""}, {"text"}),
        ({"title": "two\nlines", "text": "x"}, {"title"}),
        ({"title": "x", "textKey": "work/n-2/facts.json"}, {"textKey"}),
        ({"title": "x", "textKey": "storyboards/n-2.json"}, {"textKey"}),
        ({"title": "x", "text": "x", "colour": "red"}, {"colour"}),
    ],
)
def test_bad_input_is_400_and_parks_and_queues_nothing(given: dict[str, str], wrong: set[str]) -> None:
    answer = start({"sessionId": "n-1", **given})
    assert (answer.status, fields(answer)) == (400, wrong)
    assert (record_of("n-1"), queued()) == (None, [])
    assert "Contents" not in aws.s3().list_objects_v2(Bucket="files-test")


def test_a_workflow_without_a_queue_is_started_at_once() -> None:
    assert start({"sessionId": "c-1", **RECIPE}, workflow="ai-chef").status == 202
    assert started("c-1", "ai-chef") == ["c-1"]
    assert "queuedUntil" not in record_of("c-1")
    assert queued() == []
