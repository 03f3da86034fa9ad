"""The stage's bucket: texts and whatever else is too large for records, states and variables, which hold its key.

uploads/…               what callers upload; it starts nothing by itself
texts/<hash>.txt        what came with a request
novels/…                what starts a session as it lands
work/<sessionId>/…      what steps hand on
storyboards/<sessionId>.json
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError
from pydantic import Field

from core import aws
from core.errors import FinalError, UnknownFile
from core.settings import Settings, load

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes that a caller's file may have."""

_MISSING = frozenset({"NoSuchKey", "404"})
_REPLACED = frozenset({"PreconditionFailed", "412"})


class FileReplaced(FinalError):
    """A file of the key that was named is there, and has other content by now."""


class FileSettings(Settings):
    """What a Lambda reads that handles files."""

    files_bucket: str = Field(min_length=1)


def files() -> "Files":
    """The bucket of this Lambda's settings."""
    return Files(load(FileSettings).files_bucket)


class Files:
    """Reading raises UnknownFile where there is no such file, and FileReplaced where it has other content than the one
    with the `etag`, as S3 tells of it.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def size(self, key: str, etag: str | None = None) -> int:
        """Bytes."""
        with _missing(key):
            return aws.s3().head_object(Bucket=self._bucket, Key=key, **_content(etag))["ContentLength"]

    def read(self, key: str, etag: str | None = None) -> bytes:
        with _missing(key):
            return aws.s3().get_object(Bucket=self._bucket, Key=key, **_content(etag))["Body"].read()

    def read_part(self, key: str, start: int, end: int) -> bytes:
        """The bytes from `start` to before `end`."""
        if start >= end:
            return b""
        with _missing(key):
            answer = aws.s3().get_object(Bucket=self._bucket, Key=key, Range=f"bytes={start}-{end - 1}")
            return answer["Body"].read()

    def write(self, key: str, body: bytes | str) -> None:
        """Writes a file; one of this key is replaced. Text is written as UTF-8."""
        aws.s3().put_object(Bucket=self._bucket, Key=key, Body=body.encode() if isinstance(body, str) else body)

    def upload(self, key: str, path: Path) -> None:
        """Writes a file from disk in parts, for what memory should not hold."""
        try:
            aws.s3().upload_file(str(path), self._bucket, key)
        except S3UploadFailedError as error:
            raise error.__context__ or error from None  # AWS's own, which callers know by name

    def upload_form(self, key: str, *, most_bytes: int, seconds: int) -> dict[str, Any]:
        """The `url` and the `fields` of a form with which a file of this key can be uploaded for so many seconds."""
        return aws.s3().generate_presigned_post(
            self._bucket, key, Conditions=[["content-length-range", 1, most_bytes]], ExpiresIn=seconds
        )

    def link(self, key: str, *, seconds: int) -> str:
        """A URL under which a file can be fetched for so many seconds."""
        return aws.s3().generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=seconds
        )

    def park(self, text: str) -> str:
        """Keeps a text that came with a request, and returns its key: the same for the same text."""
        key = f"texts/{hashlib.sha256(text.encode()).hexdigest()}.txt"
        self.write(key, text)
        return key


def _content(etag: str | None) -> Any:
    return {} if etag is None else {"IfMatch": f'"{etag}"'}


@contextmanager
def _missing(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _REPLACED:
            raise FileReplaced(
                f"the file {key} was replaced before it was read; new content under novels/ has a session of its own"
            ) from None
        if code not in _MISSING:
            raise
        raise UnknownFile(f"there is no file {key}; upload it first, or name another") from None
