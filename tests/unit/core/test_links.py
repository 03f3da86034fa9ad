"""Links to approvals: who holds one may decide as whom it names, for that approval, until it expires."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LinkExpired, LinkInvalid
from core.links import approval_url, approver_of
from tests.support.waits import later

SECRET = "s" * 64
CALLBACK = "c" * 32


def ticket_of(url: str) -> str:
    (ticket,) = parse_qs(urlsplit(url).query)["ticket"]
    return ticket


def ticket(approver: str = "ann", callback_id: str = CALLBACK, seconds: int = 60) -> str:
    url = approval_url("https://api.example", callback_id, approver, int(time.time()) + seconds, SECRET)
    return ticket_of(url)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_a_link_names_its_approver_whatever_the_name_and_is_safe_in_a_mail(approver: str) -> None:
    url = approval_url("https://api.example/prod", CALLBACK, approver, int(time.time()) + 60, SECRET)
    assert re.fullmatch(rf"https://api\.example/prod/approvals/{CALLBACK}\?ticket=[A-Za-z0-9_.-]+", url)
    assert approver_of(ticket_of(url), CALLBACK, SECRET) == approver


def test_a_link_altered_in_any_place_is_refused() -> None:
    good = ticket()
    for place, letter in enumerate(good):
        for other in ("A" if letter != "A" else "Z", ".", ""):
            altered = good[:place] + other + good[place + 1 :]
            if altered == good or _same_bits(good, altered):
                continue
            with pytest.raises(LinkInvalid):
                approver_of(altered, CALLBACK, SECRET)


def _same_bits(good: str, altered: str) -> bool:
    """Base64 leaves the last bits of the last letter unused."""
    return good[:-1] == altered[:-1] and len(good) == len(altered)


@pytest.mark.parametrize("cut", ["", ".", "a", "a.b", "%", "é", "ticket", "x" * 10_000, "\x00"])
def test_what_is_no_link_is_refused(cut: str) -> None:
    with pytest.raises(LinkInvalid):
        approver_of(cut, CALLBACK, SECRET)


def test_a_link_cut_short_anywhere_is_refused() -> None:
    good = ticket()
    for length in range(len(good)):
        with pytest.raises(LinkInvalid):
            approver_of(good[:length], CALLBACK, SECRET)


def test_the_link_of_another_approval_is_refused() -> None:
    with pytest.raises(LinkInvalid, match="another approval"):
        approver_of(ticket(callback_id="d" * 32), CALLBACK, SECRET)


def test_a_link_signed_with_another_secret_is_refused() -> None:
    with pytest.raises(LinkInvalid, match="altered"):
        approver_of(ticket(), CALLBACK, "t" * 64)


def test_a_link_is_good_until_it_expires() -> None:
    good = ticket(seconds=60)
    with later(58):
        assert approver_of(good, CALLBACK, SECRET) == "ann"
    with later(62), pytest.raises(LinkExpired):
        approver_of(good, CALLBACK, SECRET)


def test_a_refusal_repeats_nothing_of_the_link() -> None:
    with pytest.raises(LinkInvalid) as refusal:
        approver_of(ticket() + "x", CALLBACK, SECRET)
    assert ticket()[:8] not in str(refusal.value)
    assert refusal.value.__cause__ is None
