"""The start of novel-analysis by a file that lands under `novels/` of the stage's bucket."""

import hashlib
import re
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.models import Model, validated
from core.starting import Sessions, starting
from novel_analysis.models import NovelAnalysisInput

_LONGEST_TITLE = 200
_ENDING = re.compile(r"(?<=.)\.(?:txt|md)$", re.IGNORECASE)


class File(Model):
    """A file as S3 tells of it. etag: of its content."""

    key: Annotated[str, StringConstraints(pattern="^novels/")]
    etag: str


class Detail(Model):
    """What is told."""

    object: File


class FileCreated(Model):
    """The event: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""

    source: Literal["aws.s3"]
    detail_type: Literal["Object Created"] = Field(alias="detail-type")
    detail: Detail


@starting
def handler(event: FileCreated, sessions: Sessions) -> None:
    """Start the file's session, which another event of the same content finds. Raises InvalidInput (final)."""
    file = event.detail.object
    if file.key.endswith("/"):  # a folder, as the console makes one
        return
    title = _ENDING.sub("", PurePosixPath(file.key).name.strip())[:_LONGEST_TITLE]
    raw = {"title": title, "textKey": file.key, "textEtag": file.etag}
    validated(NovelAnalysisInput, raw)
    digest = hashlib.sha256(f"{file.key} {file.etag}".encode()).hexdigest()[:32]
    sessions.start(f"novel-{digest}", raw)
