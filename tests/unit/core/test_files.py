"""The stage's bucket: files are read whole and in parts, parked texts are found again, what is missing is named."""

import base64
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from core import aws
from core.aws import named_errors
from core.errors import AccessDenied, AwsUnavailable, UnknownFile
from core.files import FileReplaced, Files, files
from tests.support.clock import at

pytestmark = pytest.mark.usefixtures("shared_tables")


def refused(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "HeadObject")


class TestAFile:
    def test_is_read_as_it_was_written(self) -> None:
        files().write("work/s-1/a.txt", "두부\n")
        files().write("work/s-1/b.bin", b"\x00\xff")
        assert files().read("work/s-1/a.txt") == "두부\n".encode()
        assert files().read("work/s-1/b.bin") == b"\x00\xff"
        assert (files().size("work/s-1/a.txt"), files().size("work/s-1/b.bin")) == (7, 2)

    def test_written_again_is_replaced(self) -> None:
        files().write("work/s-1/a.txt", "a longer text")
        files().write("work/s-1/a.txt", "short")
        assert files().read("work/s-1/a.txt") == b"short"

    @pytest.mark.parametrize(
        ("start", "end", "part"), [(0, 4, b"0123"), (3, 4, b"3"), (8, 10, b"89"), (5, 5, b""), (0, 0, b""), (7, 2, b"")]
    )
    def test_is_read_in_parts_from_the_start_to_before_the_end(self, start: int, end: int, part: bytes) -> None:
        files().write("work/s-1/digits", "0123456789")
        assert files().read_part("work/s-1/digits", start, end) == part

    def test_is_uploaded_from_disk_in_parts(self, tmp_path: Path) -> None:
        path, content = tmp_path / "large", bytes(range(256)) * 40_000  # more than one part of 8 MiB
        path.write_bytes(content)
        files().upload("work/s-1/large", path)
        assert files().read("work/s-1/large") == content

    def test_that_is_missing_is_named_whatever_is_asked_of_it(self) -> None:
        for ask in (files().size, files().read, lambda key: files().read_part(key, 0, 9)):
            with pytest.raises(UnknownFile, match=r"there is no file uploads/none; upload it first, or name another"):
                ask("uploads/none")

    def test_is_read_where_it_still_has_the_content_that_is_meant(self) -> None:
        files().write("novels/a.txt", "first")
        etag = aws.s3().head_object(Bucket="files-test", Key="novels/a.txt")["ETag"].strip('"')
        assert (files().size("novels/a.txt", etag), files().read("novels/a.txt", etag)) == (5, b"first")
        files().write("novels/a.txt", "second")
        for ask in (files().size, files().read):
            with pytest.raises(FileReplaced, match=r"the file novels/a\.txt was replaced before it was read"):
                ask("novels/a.txt", etag)
            with pytest.raises(UnknownFile):
                ask("novels/none.txt", etag)

    def test_may_have_a_name_in_any_script(self) -> None:
        files().write("novels/달 항아리+ %20.txt", "x")
        assert files().read("novels/달 항아리+ %20.txt") == b"x"


class TestErrorsOfS3:
    def test_of_other_kinds_are_not_taken_for_a_missing_file(self) -> None:
        for error, named in ((refused("SlowDown", 503), AwsUnavailable), (refused("403", 403), AccessDenied)):
            failing = patch.object(aws.s3(), "head_object", side_effect=error)
            with failing, pytest.raises(named), named_errors():
                files().size("work/s-1/a.txt")

    def test_come_out_of_an_upload_as_they_are(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_text("x")
        failing = patch.object(aws.s3(), "put_object", side_effect=refused("SlowDown", 503))
        with failing, pytest.raises(AwsUnavailable), named_errors():
            files().upload("work/s-1/file", path)


class TestAParkedText:
    def test_has_the_key_of_its_content(self) -> None:
        key = files().park("옛날 옛적에")
        assert key.startswith("texts/")
        assert key == files().park("옛날 옛적에")
        assert files().read(key) == "옛날 옛적에".encode()

    def test_shares_it_with_no_other(self) -> None:
        assert len({files().park(text) for text in ("a", "a ", "A", "b")}) == 4


class TestForms:
    def policy(self, form: Any) -> Any:
        return json.loads(base64.b64decode(form["fields"]["policy"]))

    def test_take_one_file_of_one_key_within_a_size_for_a_while(self) -> None:
        with at("2026-11-21T09:00:00Z"):
            form = Files("files-test").upload_form("uploads/one", most_bytes=1000, seconds=60)
        assert form["fields"]["key"] == "uploads/one"
        conditions = self.policy(form)["conditions"]
        assert ["content-length-range", 1, 1000] in conditions
        assert {"bucket": "files-test"} in conditions
        assert {"key": "uploads/one"} in conditions

    def test_and_links_lead_to_the_buckets_own_region(self, environment: pytest.MonkeyPatch) -> None:
        """The address without a region redirects for a bucket's first hours; a signature does not survive that."""
        environment.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
        aws.s3.cache_clear()
        form = files().upload_form("uploads/one", most_bytes=1000, seconds=60)
        link = files().link("storyboards/s-1.json", seconds=60)
        aws.s3.cache_clear()
        assert form["url"] == "https://files-test.s3.ap-northeast-2.amazonaws.com/"
        assert link.startswith("https://files-test.s3.ap-northeast-2.amazonaws.com/storyboards/s-1.json?")
        assert "X-Amz-Signature=" in link

    def test_and_links_name_the_bucket_in_the_path_where_the_cloud_has_a_number(
        self, environment: pytest.MonkeyPatch
    ) -> None:
        environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4999")
        aws.s3.cache_clear()
        form, link = files().upload_form("uploads/one", most_bytes=9, seconds=60), files().link("a", seconds=60)
        aws.s3.cache_clear()
        assert form["url"] == "http://127.0.0.1:4999/files-test"
        assert link.startswith("http://127.0.0.1:4999/files-test/a?")
