"""novel-analysis: a story, its session on the way through the steps, and the files that it leaves."""

import json
from collections.abc import Callable
from typing import Any

from core import aws
from core.step import Step
from novel_analysis import (
    draw_storyboards,
    extract_facts,
    load_novel,
    merge_bible,
    open_analysis,
    save_storyboard,
    split_chapters,
)
from novel_analysis.models import Storyboard

_BUCKET = "files-test"
_EXECUTIONS = "arn:aws:states:us-east-1:123456789012:execution:novel-analysis-test"
_SCENE = """Mara Venn walked down to the harbour with lamp number {number}. The harbour was dark.

"Who is there?" asked Mara.

"Only me," said Tobias Reed. He was a tall man with a grey beard.
"""


def story(chapters: int) -> str:
    """A short story of so many chapters."""
    return "\n".join(f"Chapter {number}\n\n{_SCENE.format(number=number)}" for number in range(1, chapters + 1))


def put_file(key: str, body: bytes) -> None:
    """Puts a file into the stage's bucket."""
    aws.s3().put_object(Bucket=_BUCKET, Key=key, Body=body)


def files_below(prefix: str) -> list[str]:
    """The keys of the files under a prefix."""
    return [file["Key"] for file in aws.s3().list_objects_v2(Bucket=_BUCKET, Prefix=prefix).get("Contents", [])]


def storyboard_of(session_id: str) -> Storyboard:
    """The storyboard that a session has saved."""
    body = aws.s3().get_object(Bucket=_BUCKET, Key=f"storyboards/{session_id}.json")["Body"].read()
    return Storyboard.model_validate_json(body)


class Run:
    """An execution on its way through the steps, each given what the machine gives it."""

    def __init__(
        self, raw: Any, execution: str = "novel-1", deliver: Callable[[Callable[[], Any]], Any] = lambda call: call()
    ) -> None:
        """deliver: makes the call of each Lambda, once or more, and returns its answer."""
        self.raw, self.session_id = raw, raw.get("sessionId", execution)
        self._deliver = deliver
        self._execution = {
            "id": f"{_EXECUTIONS}:{execution}",
            "name": execution,
            "startTime": "2026-11-21T09:30:00.000Z",
        }
        self.novel: Any = None
        self.split: Any = None
        self.merged: Any = None

    def call(self, handler: Step, given: Any, items: Any = None) -> Any:
        batch = {} if items is None else {"items": items}
        event = {"execution": self._execution, "input": {"sessionId": self.session_id, **given}, **batch}
        return json.loads(json.dumps(self._deliver(lambda: handler(event, None))))

    def prepare(self) -> "Run":
        """Until the chapters are found."""
        analysis = self.call(open_analysis.handler, self.raw)["input"]
        given = {name: analysis[name] for name in ("textKey", "textEtag")}
        self.novel = self.call(load_novel.handler, given)
        self.split = self.call(split_chapters.handler, {"textKey": self.novel["textKey"]})
        return self

    def extract(self, first: int, last: int) -> Any:
        return self.call(extract_facts.handler, self._texts(), self._batch(first, last))

    def merge(self) -> Any:
        self.merged = self.call(merge_bible.handler, {"chaptersKey": self.split["chaptersKey"]})
        return self.merged

    def draw(self, first: int, last: int) -> Any:
        book = {"bookKey": self.merged["bookKey"]}
        return self.call(draw_storyboards.handler, {**self._texts(), **book}, self._batch(first, last))

    def save(self) -> Any:
        given = {
            "title": self.raw.get("title", "Untitled"),
            "textCharacters": self.novel["characters"],
            "chaptersKey": self.split["chaptersKey"],
            "bookKey": self.merged["bookKey"],
        }
        return self.call(save_storyboard.handler, given)

    def all(self) -> Any:
        """Through all steps, each pass in one batch; how the session ended."""
        last = self.prepare().split["chapters"]
        self.extract(1, last)
        self.merge()
        self.draw(1, last)
        return self.save()

    def _texts(self) -> Any:
        return {"textKey": self.novel["textKey"], "chaptersKey": self.split["chaptersKey"]}

    def _batch(self, first: int, last: int) -> Any:
        return {"first": first, "last": last, "of": self.split["chapters"]}
