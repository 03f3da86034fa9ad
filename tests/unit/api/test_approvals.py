"""The approval's page: a GET shows and changes nothing; the first decision stands and is what everybody is told."""

import re
import time
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from core import aws
from core.callback_rows import CallbackRow, CallbackStatus, decision_of
from core.callbacks import Callbacks
from core.links import approval_url
from core.questions import Approval, Item
from core.record import Status, Table
from core.sessions import close
from tests.support.tables import record_of
from tests.unit.api.calling import Answer, approval, at_once, call, waiting
from tests.unit.api.test_answers import expire, row_of

pytestmark = pytest.mark.usefixtures("tables")

KEY = "a" * 64  # what tests/support/tables.py puts into the secret
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def ask(session_id: str = "s-1", **changes: Any) -> CallbackRow:
    return waiting(session_id, approval(**changes))


def ticket(callback_id: str, approver: str = "ann", ends_in: float = 3600, key: str = KEY) -> str:
    url = approval_url("", callback_id, approver, int(time.time() + ends_in), key)
    return parse_qs(urlsplit(url).query)["ticket"][0]


def show(row: CallbackRow, **link: Any) -> Answer:
    callback_id = row["callbackId"]
    return call("show_approval", path={"callbackId": callback_id}, query={"ticket": ticket(callback_id, **link)})


def decide(
    row: CallbackRow, action: str = "approve", comment: str = "", seen: str | None = None, **link: Any
) -> Answer:
    """Sends the page's form; `seen` is its hidden field `round`, which a form without a page lacks."""
    callback_id = row["callbackId"]
    body = urlencode({"action": action, "comment": comment} | ({} if seen is None else {"round": seen}))
    query = {"ticket": ticket(callback_id, **link)}
    return call("decide_approval", path={"callbackId": callback_id}, query=query, body=body, headers=FORM)


def words(answer: Answer) -> str:
    """The page's text, as a person reads it."""
    found: list[str] = []

    class Reader(HTMLParser):
        hidden = False

        def handle_starttag(self, tag: str, _attrs: Any) -> None:
            self.hidden = tag in ("style", "title")

        def handle_endtag(self, _tag: str) -> None:
            self.hidden = False

        def handle_data(self, data: str) -> None:
            if not self.hidden:
                found.append(data)

    Reader().feed(answer.text)
    return re.sub(r"\s+", " ", " ".join(found)).strip()


def test_the_page_says_what_is_asked_by_whom_and_until_when() -> None:
    row = ask()

    page = words(show(row))

    for said in (
        "Approve order ord-1?",
        "Asked by cust-123",
        "Order ord-1",
        "prod-001",
        "USD 20.00",
        "You answer as ann",
    ):
        assert said in page
    assert re.search(r"until \w+day \d+ \w+ \d{4}, \d\d:\d\d UTC", page)


def test_looking_changes_nothing() -> None:
    row = ask()
    before = record_of("s-1")

    for _ in range(3):
        assert show(row).status == 200

    assert row_of(row["callbackId"]) == row
    assert record_of("s-1") == before


def test_a_page_loads_nothing_runs_nothing_and_stays_where_it_is() -> None:
    row = ask()

    for answer in (show(row), decide(row), show(row), show(row, key="x" * 64)):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        for part in ("form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert part in policy
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "<script" not in answer.text
        assert not re.search(r"\s(src|href|action|style|on\w+)=", answer.text)


def test_what_callers_wrote_is_text_and_nothing_else() -> None:
    evil = "</style><script>alert(1)</script>\"'&{title}"
    row = ask(title=evil, asked_by=evil, items=[Item(name=evil, quantity=1, amount=evil)], total=evil)

    asked = show(row)
    done = decide(row, comment=evil, approver=evil)

    assert evil in words(asked)
    assert evil in words(done)
    for answer in (asked, done):
        assert "<script" not in answer.text
        assert answer.text.count("</style>") == 1


def test_an_approval_without_items_shows_its_total_all_the_same() -> None:
    page = show(ask(items=[], facts=[]))

    assert "<table" not in page.text
    assert "Total USD 20.00" in words(page)


def test_there_is_a_button_for_each_answer() -> None:
    row = ask(accepts=("approve", "reject", "request_changes"))

    buttons = re.findall(r'<button name="action" value="(\w+)" class="\w+">([^<]+)</button>', show(row).text)

    assert buttons == [("approve", "Approve"), ("reject", "Reject"), ("request_changes", "Ask for changes")]
    assert "Changes asked for" in words(decide(row, "request_changes"))


def test_an_action_without_words_of_its_own_speaks_for_itself() -> None:
    row = ask(accepts=("call_me_back",))

    assert ">Call me back</button>" in show(row).text
    assert "Answered with “Call me back”" in words(decide(row, "call_me_back"))


def test_a_decision_is_committed_and_told_with_its_comment_by_whom_and_when() -> None:
    row = ask()

    done = decide(row, "approve", "Fine by me.\r\nGo on. 좋아요")

    assert done.status == 200
    decision = decision_of(row_of(row["callbackId"]))
    assert (decision.action, decision.by) == ("approve", "ann")
    assert decision.comment == "Fine by me.\nGo on. 좋아요"
    for said in ("Approved", "By ann", "Fine by me. Go on. 좋아요", "UTC"):
        assert said in words(done)
    assert words(show(row)) == words(done)
    assert words(show(row, approver="ben")) == words(done)


def test_the_same_decision_again_is_told_the_same() -> None:
    row = ask()
    first = decide(row)
    stands = row_of(row["callbackId"])

    again = decide(row)

    assert (again.status, again.text) == (200, first.text)
    assert row_of(row["callbackId"]) == stands


@pytest.mark.parametrize(("action", "approver"), [("reject", "ann"), ("approve", "ben"), ("reject", "ben")])
def test_another_decision_is_409_and_told_which_one_stands(action: str, approver: str) -> None:
    row = ask()
    decide(row)

    answer = decide(row, action, approver=approver)

    assert answer.status == 409
    assert "Already approved" in words(answer)
    assert "By ann" in words(answer)
    assert decision_of(row_of(row["callbackId"])).action == "approve"


def test_twenty_decisions_at_once_are_one() -> None:
    row = ask()

    answers = at_once(lambda number: decide(row, ["approve", "reject"][number % 2], approver=f"approver-{number}"))

    assert sorted(answer.status for answer in answers) == [200] + [409] * 19
    stands = decision_of(row_of(row["callbackId"]))
    assert all(f"By {stands.by}" in words(answer) for answer in answers)


def test_a_double_click_is_one_decision() -> None:
    row = ask()

    answers = at_once(lambda _: decide(row))

    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("given", ["", "x", "é", "WyJhIl0.c2ln", "a.b.c"])
def test_a_forged_link_is_403(given: str) -> None:
    row = ask()
    path = {"callbackId": row["callbackId"]}
    form = urlencode({"action": "approve"})

    assert call("show_approval", path=path, query={"ticket": given}).status == 403
    assert call("show_approval", path=path).status == 403
    assert call("decide_approval", path=path, query={"ticket": given}, body=form, headers=FORM).status == 403
    assert row_of(row["callbackId"])["status"] == "open"


def test_a_link_cannot_be_altered_or_used_for_another_approval() -> None:
    row, other = ask("s-1"), ask("s-2")
    good = ticket(row["callbackId"])
    for place in range(0, len(good), 7):
        altered = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        answer = call("show_approval", path={"callbackId": row["callbackId"]}, query={"ticket": altered})
        assert answer.status == 403, place

    answer = call("show_approval", path={"callbackId": other["callbackId"]}, query={"ticket": good})
    assert answer.status == 403
    assert decide(row, key="b" * 64).status == 403


def test_an_expired_link_is_410_and_so_is_an_expired_question() -> None:
    row = ask()

    assert decide(row, ends_in=-1).status == 410
    assert "This is no longer open" in words(show(row, ends_in=-1))
    expire(row["callbackId"])
    assert show(row).status == 410
    assert decide(row).status == 410
    assert row_of(row["callbackId"])["status"] == "open"


def test_a_question_that_expires_between_look_and_commit_is_410(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ask()
    real = Callbacks.decide

    def late(self: Callbacks, callback_id: str, *rest: Any, **more: Any) -> Any:
        expire(callback_id)
        return real(self, callback_id, *rest, **more)

    monkeypatch.setattr(Callbacks, "decide", late)

    assert decide(row).status == 410


def test_a_session_that_was_cancelled_needs_no_decision() -> None:
    row = ask()
    record = record_of("s-1")
    close(Table("sessions-test"), record, record["executionArn"], Status.CANCELLED, lambda _: None)

    for answer in (show(row), decide(row)):
        assert answer.status == 410
        assert "cancelled or has ended" in words(answer)
    assert row_of(row["callbackId"])["status"] == "open"


def test_a_decision_that_came_too_late_says_so() -> None:
    row = ask()
    decide(row)
    callbacks = Callbacks("callbacks-test")
    callbacks.settle(row_of(row["callbackId"]), CallbackStatus.TOO_LATE)

    for answer in (show(row), decide(row), decide(row, "reject")):
        assert answer.status == 410
        assert "This answer came too late" in words(answer)


def test_an_approval_that_is_gone_is_404() -> None:
    row = ask()
    aws.dynamodb().delete_item(TableName="callbacks-test", Key={"callbackId": {"S": row["callbackId"]}})

    assert show(row).status == 404


@pytest.mark.parametrize("action", ["", "escalate", "Approve", "approve "])
def test_an_unknown_action_is_400_and_names_the_known_ones(action: str) -> None:
    row = ask()

    answer = decide(row, action)

    assert answer.status == 400
    assert "approve, reject" in words(answer)
    assert row_of(row["callbackId"])["status"] == "open"


def test_a_comment_has_a_limit_in_characters() -> None:
    row = ask()

    assert decide(row, comment="é" * 1001).status == 400
    assert decide(row, comment="é" * 1000).status == 200


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json"}, '{"action":"approve"}', 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, "action=approve", 415),
        ({}, "action=approve", 415),
        (FORM, "&".join(["a=b"] * 11), 400),
        (FORM, None, 400),
        ({"content-type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"}, "action=approve", 200),
    ],
)
def test_only_a_form_is_taken(headers: dict[str, str], body: str | None, status: int) -> None:
    row = ask()
    path, query = {"callbackId": row["callbackId"]}, {"ticket": ticket(row["callbackId"])}

    answer = call("decide_approval", path=path, query=query, body=body, headers=headers)

    assert answer.status == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_an_approval_keeps_what_the_page_needs() -> None:
    question = ask()["question"]

    assert Approval.model_validate({**question, "accepts": [], "approvers": [], "expiresIn": 0}).total == "USD 20.00"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(scheme: str) -> None:
    """WCAG 2.2, 1.4.3 and 1.4.11: 4.5 to 1 for text, 3 to 1 for what bounds a field or shows the focus."""
    colours = colours_of(show(ask()).text)[scheme]
    texts = [("text", "card"), ("soft", "card"), ("text", "page"), ("good-text", "good"), ("bad", "card")]

    for front, back in texts:
        assert contrast(colours[front], colours[back]) >= 4.5, (front, back)
    for front in ("field", "focus", "good"):
        assert contrast(colours[front], colours["card"]) >= 3, front


def colours_of(page: str) -> dict[str, dict[str, str]]:
    """The custom properties of each scheme."""
    light, dark = re.findall(r":root \{([^}]*)\}", page)
    names = [dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in (light, dark)]
    return {"light": names[0], "dark": names[0] | names[1]}


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
