"""What the screening refuses, and with which words."""

from typing import Any

import pytest

from course_review.screening import screen
from tests.unit.course_review.reviewing import review

BANNED = ["Scam", "idiot"]


def reasons(**fields: Any) -> list[str]:
    return screen(review(**fields), BANNED)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": "ok", "text": "0123456789"},
        {"title": "a" * 80, "text": "a" * 4000},
        {"text": "See https://a.example and www.b.example, both."},
        {"text": "Scampi at the top station, idiotic queues."},
        {"title": "눈이 좋아요", "text": "아침 일찍 가면 사람이 없어요."},
    ],
)
def test_a_review_as_people_write_them_is_left_to_a_moderator(fields: dict[str, str]) -> None:
    assert reasons(**fields) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": "a"}, "title: has 1 characters; 2 to 80 are allowed"),
        ({"title": "a" * 81}, "title: has 81 characters; 2 to 80 are allowed"),
        ({"text": "Nice run."}, "text: has 9 characters; 10 to 4000 are allowed"),
        ({"text": "a" * 4001}, "text: has 4001 characters; 10 to 4000 are allowed"),
        ({"title": "See www.a.example"}, "title: has 1 links; none are allowed"),
        ({"text": "http://a HTTPS://b www.c"}, "text: has 3 links; 2 are allowed"),
        ({"title": "A scam"}, "title: has the word 'scam', which is not allowed"),
    ],
)
def test_what_is_clearly_bad_is_refused_with_the_reason(fields: dict[str, str], reason: str) -> None:
    assert reasons(**fields) == [reason]


@pytest.mark.parametrize(
    "word",
    [
        "SCAM",
        "scam!",
        "(scam)",
        "a_scam",
        "\uff53\uff43\uff41\uff4d",
        "s.c.a.m",
        "s c a m",
        "s-c-a-m",
        "s_c_a_m",
        "sc\u200bam",
        "sc\u00adam",
    ],
)
def test_a_banned_word_is_found_however_it_is_spelt(word: str) -> None:
    assert reasons(text=f"They say: {word}, all of it") == ["text: has the word 'scam', which is not allowed"]


def test_every_reason_is_told_at_once() -> None:
    told = reasons(title="Scam www.a.example", text="idiot")
    assert [reason.partition(":")[0] for reason in told] == ["text", "title", "title", "text"]
