"""What the demo says where a session waits for somebody's decision, for a signal, or for another system."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
from rich.console import Console

from local.api import PublicApi, public_api
from local.cloud import Cloud
from local.inputs import payload_of
from local.mailbox import letters

_LINK = re.compile(r"https?://\S+/approvals/\S+")


def print_wait(cloud: Cloud, session_id: str, waiting_for: Mapping[str, Any], console: Console) -> bool:
    """Print what the session waits for, and how that comes; whether there was something to print yet.

    waiting_for: the record's `waitingFor`.
    """
    kind, api = waiting_for["kind"], public_api(cloud)
    if kind == "webhook":
        _print_webhook(api, waiting_for, console)
        return True
    question = _question(cloud, waiting_for["callbackId"])
    if kind == "signal":
        _print_signals(api, question, waiting_for, console)
        return True
    link = find_link(cloud, session_id, waiting_for["expiresAt"])
    if link:
        _print_invitation(api, question, link, console)
    return link is not None


def find_link(cloud: Cloud, session_id: str, until: str) -> str | None:
    """The link with which the session's question that ends then may be decided, once it has been sent; of several
    approvers the first one's.
    """
    for letter in letters(cloud):
        link = _LINK.search(letter.text)
        if letter.session_id == session_id and f"Until {until}" in letter.text and link:
            return link.group()
    return None


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


def _question(cloud: Cloud, callback_id: str) -> Mapping[str, Any]:
    """The row of table `callbacks`."""
    callbacks = boto3.resource("dynamodb", **cloud.connection()).Table("callbacks-local")
    return callbacks.get_item(Key={"callbackId": callback_id}, ConsistentRead=True)["Item"]


def _print_webhook(api: PublicApi, waiting_for: Mapping[str, Any], console: Console) -> None:
    console.print(
        f"\n[bold]{waiting_for['step']} waits for another system[/], which answers by a signed webhook to\n\n"
        f"    {api.url}/callbacks/{waiting_for['callbackId']}\n\n"
        "The vendor of matching is simulated here, and answers in a moment.\n",
        soft_wrap=True,
    )


def _print_signals(
    api: PublicApi, question: Mapping[str, Any], waiting_for: Mapping[str, Any], console: Console
) -> None:
    console.print(
        f"\n[bold]{waiting_for['step'].partition('#')[0]} waits[/] until its time is over, or a signal comes:\n"
    )
    console.print(_commands(api, question, question["accepts"]), markup=False, soft_wrap=True)


def _print_invitation(api: PublicApi, question: Mapping[str, Any], link: str, console: Console) -> None:
    """Print the link, the two other ways to decide, and what may be signalled beside."""
    signals = question.get("signals", [])
    first, *others = [action for action in question["accepts"] if action not in signals]
    console.print("\n[bold]Somebody has to decide.[/] Open the link that was sent to the approver:\n")
    console.print(f"    {link}\n", markup=False, soft_wrap=True)
    console.print("or decide from another shell, as the approver or as an operator:\n")
    console.print(
        f"    curl -so /dev/null -w '%{{http_code}}\\n' -d action={first} -d comment=Fine '{link}'\n\n"
        f"{_commands(api, question, [first])}\n"
        f"({' or '.join(f'`{action}`' for action in others)} in place of `{first}` decides otherwise.)\n",
        markup=False,
        soft_wrap=True,
    )
    if signals:
        console.print("Until then its own service may signal:\n")
        console.print(_commands(api, question, signals), markup=False, soft_wrap=True)
    console.print("This goes on as soon as somebody has decided.\n")


def _commands(api: PublicApi, question: Mapping[str, Any], signals: Sequence[str]) -> str:
    """For each of the signals the command that sends it, with a payload where it takes one."""
    return "".join(f"    {_command(api, question, signal)}\n\n" for signal in signals).removesuffix("\n")


def _command(api: PublicApi, question: Mapping[str, Any], signal: str) -> str:
    payload = payload_of(question["workflow"], signal)
    lines = [
        f"curl -X POST -H 'x-api-key: {api.key}'",
        *([] if payload is None else [f"-d {shlex.quote(json.dumps({'payload': payload}))}"]),
        f"{api.url}/sessions/{question['sessionId']}/signals/{signal}",
    ]
    return " \\\n      ".join(lines)
