"""The approval's page: HTML that needs no script, loads nothing and may be put into no frame.

MarkupSafe escapes everything that is put into a template; what goes in unescaped is a template itself.
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from markupsafe import Markup

from api.http import Handler, Refusal, Request, Response, retry_after, serve
from api.models import COMMENT_LENGTH
from core.callback_rows import CallbackRow, CallbackStatus, offered
from core.questions import Approval, Fact, Item

_FOLDER = Path(__file__).with_name("pages")
_STYLE = Markup((_FOLDER / "page.css").read_text(encoding="utf-8"))  # noqa: S704  # our own file, inside <style>
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_HEADINGS = {
    400: "That did not work",
    403: "This link is not valid",
    404: "There is nothing to decide here",
    409: "This has just changed",
    410: "This is no longer open",
    413: "That was too long",
    415: "That did not work",
    503: "Please try again in a moment",
}
# What a button says, what it looks like, and what a decision is called; other actions speak for themselves.
_KNOWN = {
    "approve": ("Approve", "good", "Approved"),
    "accept": ("Accept", "good", "Accepted"),
    "reject": ("Reject", "bad", "Rejected"),
    "decline": ("Decline", "bad", "Declined"),
    "request_changes": ("Ask for changes", "plain", "Changes asked for"),
}


def page_endpoint(answer: Callable[[Request], Response]) -> Handler:
    """The Lambda handler of a function that answers with a page; what it refuses is said on a page, too."""
    return serve(answer, _refused)


def question_page(row: CallbackRow, approver: str) -> Response:
    """Asks: what, by whom, until when, and one button for each answer."""
    asked = Approval.model_validate({**row["question"], "accepts": offered(row), "approvers": [], "expiresIn": 0})
    content = _template("question").format(
        title=asked.title,
        asked_by=asked.asked_by,
        until=row["expiresAt"],
        until_for_people=_for_people(row["expiresAt"]),
        facts=_facts(asked.facts),
        items=_items(asked.items, asked.total),
        approver=approver,
        round=row["round"],
        comment_length=COMMENT_LENGTH,
        buttons=Markup("").join(_button(action) for action in asked.accepts),
    )
    return _page(200, asked.title, content)


def decided_page(row: CallbackRow, status: int = 200, note: str = "Thank you. This is decided.") -> Response:
    """Says what was decided, by whom and when."""
    decision = row["decision"]
    done = decision_in_words(decision["action"])
    heading = f"Already {done[0].lower()}{done[1:]}" if status == 409 else done
    if row["status"] == CallbackStatus.TOO_LATE:
        status, heading = 410, "This answer came too late"
        note = "The decision was taken, but nobody waited for it any more. Nothing was done with it."
    content = _template("decided").format(
        about=row["question"]["title"],
        heading=heading,
        note=note,
        decision=done,
        by=decision["by"],
        at=decision["at"],
        at_for_people=_for_people(decision["at"]),
        comment=_fact(Fact(label="Comment", value=decision["comment"])) if "comment" in decision else "",
    )
    return _page(status, heading, content)


def decision_in_words(action: str) -> str:
    """A decision as a heading says it."""
    return _KNOWN[action][2] if action in _KNOWN else f"Answered with “{_label(action)}”"


def _refused(refusal: Refusal) -> Response:
    heading = _HEADINGS.get(refusal.status, "Something went wrong")
    content = _template("notice").format(heading=heading, text=refusal.message)
    return _page(refusal.status, heading, content, retry_after(refusal))


def _page(status: int, title: str, content: Markup, headers: dict[str, str] | None = None) -> Response:
    html = _template("page").format(title=title, style=_STYLE, content=content)
    return Response(status, str(html), {**_HEADERS, **(headers or {})})


def _facts(facts: list[Fact]) -> Markup:
    rows = Markup("").join(_fact(fact) for fact in facts)
    return _template("facts").format(rows=rows) if facts else Markup("")


def _fact(fact: Fact) -> Markup:
    return _template("fact").format(label=fact.label, value=fact.value)


def _items(items: list[Item], total: str | None) -> Markup:
    if not items:
        return _facts([] if total is None else [Fact(label="Total", value=total)])
    rows = Markup("").join(
        _template("item").format(name=item.name, quantity=item.quantity, amount=item.amount) for item in items
    )
    footer = "" if total is None else _template("total").format(total=total)
    return _template("items").format(rows=rows, total=footer)


def _button(action: str) -> Markup:
    kind = _KNOWN[action][1] if action in _KNOWN else "plain"
    return _template("button").format(action=action, kind=kind, label=_label(action))


def _label(action: str) -> str:
    return _KNOWN[action][0] if action in _KNOWN else action.replace("_", " ").capitalize()


def _for_people(moment: str) -> str:
    """2026-11-21T09:30:00.125Z as "Saturday 21 November 2026, 09:30 UTC"."""
    at = datetime.fromisoformat(moment)
    return f"{at:%A} {at.day} {at:%B %Y, %H:%M} UTC"


@cache
def _template(name: str) -> Markup:
    return Markup((_FOLDER / f"{name}.html").read_text(encoding="utf-8"))  # noqa: S704  # our own file
