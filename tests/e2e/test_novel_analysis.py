"""novel-analysis on the local cloud: started through its queue by requests and by files, with IAM enforced."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3

from local.inputs import sample_of
from novel_analysis.models import Storyboard
from tests.e2e.conftest import Deployed
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

SAMPLE = sample_of("novel-analysis")
SHORT = "Chapter 1\n\nMara Voss opened the door. “Who is there?” asked Mara.\n\nChapter 2\n\nNobody answered Mara.\n"
QUEUE, DEAD = "novel-analysis-events-local", "novel-analysis-events-dead-local"
START, READ, DRAW = (f"novel-analysis-{name}-local" for name in ("start", "extract-facts", "draw-storyboards"))


def start(deployed: Deployed, session_id: str, given: Any, query: str = "") -> tuple[int, Any]:
    return deployed.call("POST", f"/workflows/novel-analysis/start{query}", {"sessionId": session_id, **given})


def completed(deployed: Deployed, session_id: str) -> Any:
    """The session as the API shows it, once it is completed."""
    record = deployed.ended_record(session_id)
    assert record["status"] == "completed", record
    return deployed.call("GET", f"/sessions/{session_id}")[1]


def storyboard(deployed: Deployed, session_id: str) -> Storyboard:
    """The file behind the session's link."""
    status, link = deployed.call("GET", f"/sessions/{session_id}/storyboard")
    assert status == 200
    return Storyboard.model_validate_json(deployed.request("GET", link["url"]).data)


def executions(deployed: Deployed, session_id: str) -> list[str]:
    pages = deployed.stepfunctions.get_paginator("list_executions")
    found = pages.paginate(stateMachineArn=deployed.machines["novel-analysis"])
    return [each["name"] for page in found for each in page["executions"] if session_id in each["name"]]


def bucket(deployed: Deployed) -> str:
    [name] = [
        each["Name"] for each in deployed.aws("s3api", "list-buckets")["Buckets"] if "files-local" in each["Name"]
    ]
    return str(name)


class Queue:
    """One of the workflow's queues."""

    def __init__(self, deployed: Deployed, name: str) -> None:
        self._sqs = boto3.client("sqs", **deployed.cloud.connection())
        self._url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def send(self, body: str) -> None:
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body)

    def parked(self, telling: str) -> str:
        """The reason of the message that tells this, once it is there."""
        found: list[Any] = []

        def there() -> bool:
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MessageAttributeNames=["All"], MaxNumberOfMessages=10, VisibilityTimeout=0
            )
            found[:] = [message for message in answer.get("Messages", []) if telling in message["Body"]]
            return bool(found)

        eventually(there)
        return str(found[0]["MessageAttributes"]["reason"]["StringValue"])

    def is_delivering(self) -> bool:
        """Whether a Lambda has a message that it has not dealt with."""
        return self._count("ApproximateNumberOfMessagesNotVisible") > 0

    def is_empty(self) -> bool:
        return not self.is_delivering() and self._count("ApproximateNumberOfMessages") == 0

    def _count(self, name: Any) -> int:
        told = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])["Attributes"]
        return int(told[name])

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Within it, a message whose Lambda died is delivered again after two seconds."""
        before = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"VisibilityTimeout": "2"})
        try:
            yield
        finally:
            self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes=before)


def test_a_novel_becomes_a_storyboard_and_only_keys_travel(deployed: Deployed, session_id: str) -> None:
    status, answer = start(deployed, session_id, SAMPLE)
    assert (status, answer["status"]) == (202, "queued")
    session = completed(deployed, session_id)
    board = storyboard(deployed, session_id)
    counts = {step: session["steps"][step]["items"] for step in ("ExtractFacts", "DrawStoryboards")}
    of = len(board.chapters)
    assert all(count == {"done": of, "of": of} for count in counts.values())
    assert (session["outcome"], session["progress"], session["result"]["chapters"]) == ("complete", 100, of)
    assert session["result"]["panels"] == sum(len(scene.panels) for each in board.chapters for scene in each.scenes)
    history = deployed.stepfunctions.get_execution_history(executionArn=session["executionArn"], maxResults=1000)
    told = json.dumps(history["events"], default=str)
    sentence = SAMPLE["text"].partition("\n\n")[2][:60].splitlines()[0]
    assert sentence in SAMPLE["text"]
    assert sentence not in told


def test_a_short_text_may_be_waited_for_and_a_long_one_may_not(deployed: Deployed, session_id: str) -> None:
    status, session = start(deployed, session_id, {"text": SHORT}, "?wait=true")
    assert (status, session["status"], session["outcome"]) == (200, "completed", "complete")
    assert Storyboard.model_validate(session["result"]["storyboard"]) == storyboard(deployed, session_id)
    status, refusal = start(deployed, f"{session_id}-long", SAMPLE, "?wait=true")
    assert (status, refusal["error"]["details"][0]["field"]) == (400, "wait")
    assert deployed.record(f"{session_id}-long") is None


def test_an_upload_starts_nothing_until_a_start_names_it(deployed: Deployed, session_id: str) -> None:
    _, form = deployed.call("POST", "/uploads")
    content = SHORT.encode()
    sent = urllib3.request("POST", form["url"], fields={**form["fields"], "file": ("novel.txt", content)})
    assert sent.status == 204
    too_large = {**form["fields"], "file": ("novel.txt", b"x" * (form["mostBytes"] + 1))}
    assert urllib3.request("POST", form["url"], fields=too_large).status == 400
    assert executions(deployed, form["textKey"].partition("/")[2][:16]) == []
    start(deployed, session_id, {"title": "Uploaded", "textKey": form["textKey"]})
    assert completed(deployed, session_id)["result"]["textCharacters"] == len(SHORT)
    start(deployed, f"{session_id}-none", {"textKey": "uploads/nobody-sent-this"})
    assert deployed.ended_record(f"{session_id}-none")["error"]["type"] == "UnknownFile"


def test_a_file_that_lands_starts_one_session_however_often_it_lands(
    deployed: Deployed, session_id: str, tmp_path: Path
) -> None:
    novel = tmp_path / f"{session_id} 雨夜.txt"
    novel.write_text("第一章 雨夜\n\n林雪走进城门。林雪笑道。\n", encoding="gb18030")
    s3 = boto3.client("s3", **deployed.cloud.connection())
    key = f"novels/{novel.name}"
    for _ in range(2):
        s3.upload_file(str(novel), bucket(deployed), key)
    digest = hashlib.md5(novel.read_bytes(), usedforsecurity=False).hexdigest()
    assert s3.head_object(Bucket=bucket(deployed), Key=key)["ETag"] == f'"{digest}"'
    found: list[Any] = []

    def there() -> bool:
        _, page = deployed.call("GET", "/sessions?workflow=novel-analysis&limit=100")
        found[:] = [each for each in page["records"] if each["sessionId"].startswith("novel-")]
        return any(each["status"] == "completed" for each in found)

    eventually(there)
    [session] = found
    board = storyboard(deployed, session["sessionId"])
    assert (board.title, board.language) == (novel.stem, "zh")


def test_a_repeated_message_starts_nothing_twice_and_poison_is_kept_with_its_reason(
    deployed: Deployed, session_id: str
) -> None:
    queue = Queue(deployed, QUEUE)
    start(deployed, session_id, {"text": SHORT})
    before = completed(deployed, session_id)
    given = json.loads(deployed.stepfunctions.describe_execution(executionArn=before["executionArn"])["input"])
    queue.send(json.dumps({"start": {"sessionId": session_id, "input": given}}))
    queue.send(json.dumps({"start": {"sessionId": session_id, "input": {**given, "title": "Another"}}}))
    queue.send(f"poison of {session_id}")
    dead = Queue(deployed, DEAD)
    assert dead.parked(f"poison of {session_id}") == "InvalidInput: event: is not JSON"
    assert dead.parked("Another").startswith("SessionConflict: ")
    assert deployed.call("GET", f"/sessions/{session_id}")[1] == before
    assert executions(deployed, session_id) == [session_id]


def test_a_starter_that_is_killed_loses_no_start(deployed: Deployed, session_id: str) -> None:
    start(deployed, f"{session_id}-first", {"text": SHORT})
    completed(deployed, f"{session_id}-first")
    queue = Queue(deployed, QUEUE)
    with queue.impatient():
        with deployed.frozen(START):
            assert start(deployed, session_id, {"text": SHORT})[0] == 202
            eventually(queue.is_delivering)
        session = completed(deployed, session_id)
        eventually(queue.is_empty)
    assert session["outcome"] == "complete"
    assert sorted(executions(deployed, session_id)) == [session_id, f"{session_id}-first"]


def test_a_chapters_lambda_that_is_killed_loses_and_repeats_nothing(deployed: Deployed, session_id: str) -> None:
    start(deployed, f"{session_id}-first", {"text": SHORT})
    completed(deployed, f"{session_id}-first")
    with deployed.frozen(READ):
        start(deployed, session_id, SAMPLE)
        eventually(lambda: _reads(deployed, session_id))
    session = completed(deployed, session_id)
    items = session["steps"]["ExtractFacts"]["items"]
    assert (session["outcome"], items["done"]) == ("complete", items["of"])
    progress = [version["progress"] for version in deployed.versions(session_id)]
    assert progress == sorted(progress)


def _reads(deployed: Deployed, session_id: str) -> bool:
    record = deployed.record(session_id)
    return record["status"] == "processing" and deployed.in_state(record["executionArn"], "ExtractFacts")


def test_without_its_grants_a_pass_fails_the_session_and_a_retry_does_only_what_is_missing(
    deployed: Deployed, session_id: str
) -> None:
    with deployed.without_grants(DRAW):
        start(deployed, session_id, SAMPLE)
        failed = deployed.ended_record(session_id)
    assert (failed["status"], failed["error"]["type"]) == ("failed", "TooManyChaptersFailed")
    status, _ = deployed.call("POST", f"/sessions/{session_id}/retry")
    assert status == 202
    session = completed(deployed, session_id)
    assert session["outcome"] == "complete"
    for step in ("LoadNovel", "SplitChapters", "ExtractFacts", "MergeBible"):
        assert session["steps"][step] == failed["steps"][step]


def test_a_queued_session_that_is_cancelled_does_not_begin(deployed: Deployed) -> None:
    session_id, queue = f"sess_{uuid.uuid4().hex}", Queue(deployed, QUEUE)
    with queue.impatient():
        with deployed.frozen(START):
            start(deployed, session_id, {"text": SHORT})
            eventually(queue.is_delivering)
            status, _ = deployed.call("POST", f"/sessions/{session_id}/cancel")
            assert status == 202
        eventually(queue.is_empty)
    assert deployed.record(session_id)["status"] == "cancelled"
    assert executions(deployed, session_id) == []
