"""Files that land under `novels/`: which sessions they start, and what is put aside."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from core import aws
from core.files import FileReplaced, files
from novel_analysis import start
from tests.support.executions import create_machine, input_of
from tests.support.novel_analysis import Run, put_file
from tests.support.skill_sync import batch
from tests.support.tables import every_row, forget_settings

_DEAD = "novel-analysis-events-dead-test"


@pytest.fixture(autouse=True)
def _machine(tables: None, environment: pytest.MonkeyPatch) -> Iterator[None]:
    environment.setenv("STATE_MACHINE_ARN", create_machine("novel-analysis"))
    environment.setenv("EVENTS_DEAD_QUEUE_URL", aws.sqs().create_queue(QueueName=_DEAD)["QueueUrl"])
    forget_settings()
    yield
    forget_settings()


def created(key: str = "novels/sea/The Harbour.txt", etag: str = "e1", **fields: Any) -> dict[str, Any]:
    """The event of a file, as EventBridge delivers it."""
    file = {"key": key, "size": 7, "etag": etag, "sequencer": "1"}
    return {
        "version": "0",
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"version": "0", "bucket": {"name": "files-test"}, "object": file, "reason": "PutObject"},
        **fields,
    }


def deliver(*events: Any) -> None:
    assert start.handler(batch(*events), None) == {"batchItemFailures": []}


def put_aside() -> list[str]:
    """Why events were put on the dead-letter queue."""
    url = aws.sqs().get_queue_url(QueueName=_DEAD)["QueueUrl"]
    answer = aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["reason"])
    return [each["MessageAttributes"]["reason"]["StringValue"] for each in answer.get("Messages", [])]


def test_a_file_starts_a_session_with_its_name_as_title() -> None:
    deliver(created())
    (record,) = every_row("sessions-test")
    assert record["sessionId"].startswith("novel-")
    assert input_of(record["executionArn"]) == {
        "title": "The Harbour",
        "textKey": "novels/sea/The Harbour.txt",
        "textEtag": "e1",
    }


def test_a_title_is_the_file_s_name_without_the_ending_of_a_text() -> None:
    titles = {
        "Mr. Fox": "Mr. Fox",
        "Mr. Fox.TXT": "Mr. Fox",
        "Volume 1.5.md": "Volume 1.5",
        "달 항아리.txt.txt": "달 항아리.txt",
        ".txt": ".txt",
        " .md ": ".md",
        f"{'n' * 300}.txt": "n" * 200,
    }
    deliver(*(created(key=f"novels/{name}") for name in titles))
    inputs = [input_of(record["executionArn"]) for record in every_row("sessions-test")]
    assert {each["textKey"].removeprefix("novels/"): each["title"] for each in inputs} == titles


def test_a_file_that_is_replaced_before_it_is_read_is_read_by_the_session_of_its_new_content_alone() -> None:
    events = []
    for text in (b"The first edition, with a typo.", b"The second edition."):
        put_file("novels/x.txt", text)
        etag = aws.s3().head_object(Bucket="files-test", Key="novels/x.txt")["ETag"].strip('"')
        events.append(created(key="novels/x.txt", etag=etag))
    deliver(*events)
    read = []
    for record in every_row("sessions-test"):
        run = Run(input_of(record["executionArn"]), record["sessionId"])
        try:
            read.append(files().read(run.prepare().novel["textKey"]))
        except FileReplaced as error:
            read.append(str(error).encode())
    assert sorted(read) == [
        b"The second edition.",
        b"the file novels/x.txt was replaced before it was read; new content under novels/ has a session of its own",
    ]


def test_a_repeated_event_finds_the_session_and_new_content_or_another_file_starts_one() -> None:
    deliver(created(), created(), created(etag="e2"), created(key="novels/other.txt"))
    assert len(every_row("sessions-test")) == 3
    assert put_aside() == []


def test_a_folder_that_the_console_makes_starts_nothing() -> None:
    deliver(created(key="novels/series/"))
    assert (every_row("sessions-test"), put_aside()) == ([], [])


def test_what_the_api_has_queued_is_started_from_the_same_queue() -> None:
    deliver({"start": {"sessionId": "novel-1", "input": {"textKey": "texts/a.txt"}}})
    (record,) = every_row("sessions-test")
    assert (record["sessionId"], input_of(record["executionArn"])) == ("novel-1", {"textKey": "texts/a.txt"})


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (created(key="uploads/a.txt"), "detail.object.key"),
        (created(key="novels/\x01.txt"), "title"),
        (created(key=f"novels/{'n' * 1024}.txt"), "textKey"),
        (created(source="another"), "source"),
        ({**created(), "detail-type": "Object Deleted"}, "detail-type"),
        ("no event", "is not JSON"),
    ],
)
def test_what_is_no_new_novel_is_put_aside_with_the_reason(event: Any, named: str) -> None:
    deliver(event if isinstance(event, str) else json.loads(json.dumps(event)))
    (reason,) = put_aside()
    assert reason.startswith("InvalidInput: ")
    assert named in reason
    assert every_row("sessions-test") == []
