"""Forms for uploads: each has a key of its own, below a prefix that starts nothing, and takes what a novel may have."""

import base64
import json
from typing import Any

import pytest

from core import aws
from novel_analysis.models import NovelAnalysisInput
from tests.support.clock import at
from tests.unit.api.calling import call
from tests.unit.api.novels import STORY

pytestmark = pytest.mark.usefixtures("tables")


def form() -> Any:
    answer = call("create_upload")
    assert answer.status == 200
    return answer.json


def test_a_form_names_the_key_that_the_start_is_given() -> None:
    given = form()
    assert given["textKey"].startswith("uploads/")
    assert given["fields"]["key"] == given["textKey"]
    assert given["url"].startswith("https://files-test.")


def test_no_two_forms_share_a_key() -> None:
    assert len({form()["textKey"] for _ in range(20)}) == 20


def test_a_form_takes_twenty_megabytes_and_no_more() -> None:
    given = form()
    conditions = json.loads(base64.b64decode(given["fields"]["policy"]))["conditions"]
    assert ["content-length-range", 1, 20 * 1024 * 1024] in conditions
    assert given["mostBytes"] == 20 * 1024 * 1024


def test_a_form_says_until_when_it_is_good() -> None:
    with at("2026-11-21T09:00:00Z"):
        assert form()["expiresAt"] == "2026-11-21T09:15:00.000Z"


def test_the_key_is_one_that_a_start_takes_and_no_file_is_there_yet() -> None:
    given = form()
    assert NovelAnalysisInput(title=STORY["title"], text_key=given["textKey"]).text_key == given["textKey"]
    assert "Contents" not in aws.s3().list_objects_v2(Bucket="files-test")


def test_a_form_holds_no_key_of_the_account_but_its_public_id() -> None:
    given = form()
    assert given["fields"].keys() == {
        "key",
        "policy",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-signature",
    }
