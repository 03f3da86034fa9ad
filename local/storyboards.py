"""The result of novel-analysis, as a person reads a storyboard; and what to try with a novel of one's own."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import urllib3
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from local.api import public_api
from local.cloud import ACCOUNT, REGION, Cloud, LocalError

LANGUAGES = {"zh": "Chinese", "en": "English", "ko": "Korean", "ja": "Japanese"}
MOST_PEOPLE = 12
MOST_PANELS = 60
BUCKET = f"files-local-{ACCOUNT}-{REGION}"
TO_TRY = (
    f"""\
Analyse a novel of your own: a file that lands in the bucket under novels/ starts a session. Follow it by its id:
     .venv/bin/aws s3 cp my-novel.txt s3://{BUCKET}/novels/
     curl -H "x-api-key: $API_KEY" "$API_URL/sessions?workflow=novel-analysis&limit=1"
     make watch SESSION=<sessionId>""",
    """\
Or upload it as somebody without an AWS account does, and start its session by its key:
     curl -sX POST -H "x-api-key: $API_KEY" $API_URL/uploads -o upload.json
     .venv/bin/python -c 'import json; form = json.load(open("upload.json")); print(
       "url=" + form["url"], *map("form={0[0]}={0[1]}".format, form["fields"].items()), sep="\\n")' |
       curl -sf -K - -F file=@my-novel.txt
     curl -H "x-api-key: $API_KEY" $API_URL/workflows/novel-analysis/start \\
       -d '{"textKey": "<textKey of upload.json>", "title": "My novel"}'""",
    """\
Wait for the storyboard of a short text:
     curl -H "x-api-key: $API_KEY" "$API_URL/workflows/novel-analysis/start?wait=true" \\
       -d '{"text": "Chapter 1\\n\\n“Wait for me!” cried Ann, a tall girl in a red coat, and ran to the harbour."}'""",
)


def storyboard_of(cloud: Cloud, session_id: str) -> Any:
    """The whole storyboard of a session that is completed, by the link that the API gives. Raises LocalError."""
    api = public_api(cloud)
    link = urllib3.request("GET", f"{api.url}/sessions/{session_id}/storyboard", headers={"x-api-key": api.key})
    if link.status != 200:
        raise LocalError(f"The API has no storyboard of session {session_id}: {link.data.decode()}")
    return urllib3.request("GET", link.json()["url"]).json()


def print_storyboard(summary: Mapping[str, Any], storyboard: Mapping[str, Any], console: Console) -> None:
    """Print the people and places of the bible, then the panels of each scene; of a long book the first ones.

    summary: what the workflow stored. storyboard: its file. Both as in novel_analysis/models.py, in camelCase.
    """
    counts = ", ".join(f"{summary[name]:,.0f} {name}" for name in ("chapters", "scenes", "panels"))
    console.print(f"[bold]{escape(summary['title'])}[/]\n{LANGUAGES[summary['language']]} · {counts}\n")
    _print_bible(storyboard["bible"], console)
    left = MOST_PANELS
    for chapter in storyboard["chapters"]:
        if left > 0:
            console.print(f"\n[bold]{escape(chapter['title'])}[/]")
        for scene in chapter["scenes"] if left > 0 else []:
            _print_scene(scene, left, console)
            left -= len(scene["panels"])
    for failed in summary["failed"]:
        console.print(f"[yellow]Missing: {escape(failed['title'])} ({failed['step']}: {escape(failed['reason'])})[/]")
    if summary["panels"] > MOST_PANELS:
        console.print(f"\n… and {summary['panels'] - MOST_PANELS:,.0f} more of its {summary['panels']:,.0f} panels.")


def where_it_is(session_id: str) -> str:
    """The commands that fetch the whole storyboard."""
    return f"""\
Fetch the whole storyboard, by a link or from the bucket:
     curl -H "x-api-key: $API_KEY" $API_URL/sessions/{session_id}/storyboard
     .venv/bin/aws s3 cp s3://{BUCKET}/storyboards/{session_id}.json ."""


def _print_bible(bible: Mapping[str, Any], console: Console) -> None:
    people = bible["characters"]
    table = Table("Who", "Also", "Looks", "Mentions", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.columns[3].justify = "right"
    for person in people[:MOST_PEOPLE]:
        also, looks = ", ".join(person["aliases"]), "; ".join(person["looks"])
        table.add_row(escape(person["name"]), escape(also), escape(looks), f"{person['mentions']:,}")
    console.print(table)
    if len(people) > MOST_PEOPLE:
        console.print(f"… and {len(people) - MOST_PEOPLE:,} more.")
    places = ", ".join(place["name"] for place in bible["places"][:MOST_PEOPLE])
    console.print(f"\nPlaces: {places or 'none'}", markup=False)


def _print_scene(scene: Mapping[str, Any], most: int, console: Console) -> None:
    who = ", ".join(scene["characters"]) or "nobody"
    console.print(f"\n  Scene {scene['number']} · {scene['place'] or 'somewhere'} · {who}", markup=False)
    table = Table.grid(padding=(0, 2, 0, 0))
    for panel in islice(scene["panels"], most):
        table.add_row(f"  {panel['number']:>4}", panel["shot"].replace("_", " "), "\n".join(_lines(panel)))
    console.print(table)


def _lines(panel: Mapping[str, Any]) -> list[str]:
    """What is seen in a panel, told and said."""
    caption = panel["caption"]
    told = [f"[italic]{escape(caption)}[/]"] if caption and caption != panel["action"] else []
    said = [f"[cyan]{escape(line['speaker'] or '?')}[/]: {escape(line['text'])}" for line in panel["dialogue"]]
    return [escape(panel["action"]), *told, *said]
