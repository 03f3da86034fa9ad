"""What the demo says where a session waits for somebody's decision, or for another system."""

import re
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from local.api import public_api
from local.cloud import Cloud
from local.mailbox import letters

_LINK = re.compile(r"https?://\S+/approvals/\S+")


def print_wait(cloud: Cloud, session_id: str, waiting_for: Mapping[str, Any], console: Console) -> bool:
    """Print what the session waits for, and how that comes; whether there was something to print yet.

    waiting_for: the record's `waitingFor`.
    """
    if waiting_for["kind"] == "webhook":
        console.print(
            f"\n[bold]{waiting_for['step']} waits for another system[/], which answers by a signed webhook to\n\n"
            f"    {public_api(cloud).url}/callbacks/{waiting_for['callbackId']}\n\n"
            "The vendor of matching is simulated here, and answers in a moment.\n",
            soft_wrap=True,
        )
        return True
    link = find_link(cloud, session_id)
    if link:
        print_invitation(cloud, session_id, link, console)
    return link is not None


def find_link(cloud: Cloud, session_id: str) -> str | None:
    """The approver's link of the session, once it has been sent; of several approvers the first one's."""
    for letter in letters(cloud):
        link = _LINK.search(letter.text)
        if letter.session_id == session_id and link:
            return link.group()
    return None


def print_invitation(cloud: Cloud, session_id: str, link: str, console: Console) -> None:
    """Print the link, and the two other ways to decide."""
    api = public_api(cloud)
    console.print("\n[bold]Somebody has to decide.[/] Open the link that was sent to the approver:\n")
    console.print(f"    {link}\n", markup=False, soft_wrap=True)
    console.print("or decide from another shell, as the approver or as an operator:\n")
    console.print(
        f"""\
    curl -so /dev/null -w '%{{http_code}}\\n' -d action=approve -d comment=Fine '{link}'

    curl -X POST -H 'x-api-key: {api.key}' \\
      {api.url}/sessions/{session_id}/signals/approve

(`reject` in place of `approve` does the opposite.) This goes on as soon as somebody has decided.
""",
        markup=False,
        soft_wrap=True,
    )


def print_goodbye(session_id: str, console: Console) -> None:
    """Print, to somebody who leaves, that the session goes on, and how to cancel it."""
    console.print(
        f"""
Session {session_id} goes on without you. Cancel it:
    eval "$(make -s env)"
    curl -X POST -H "x-api-key: $API_KEY" $API_URL/sessions/{session_id}/cancel""",
        markup=False,
        soft_wrap=True,
    )
