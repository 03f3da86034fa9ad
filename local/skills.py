"""The result of skill-sync, as a rider reads a skill profile; and the event that has it computed anew."""

import json
import shlex
import uuid
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from local.inputs import later

LEVELS = 4
WIDTH = 3
"""Of a level's part of its bar, in columns."""


def print_profile(result: Mapping[str, Any], console: Console) -> None:
    """Print the level of each skill area as a bar, with the score that it follows from.

    result: what the workflow stored, a `SkillProfile` of skill_sync/models.py in camelCase.
    """
    practices = f"{result['practices']:.0f} practice{'' if result['practices'] == 1 else 's'}"
    console.print(f"[bold]{escape(result['userId'])}[/], after {practices}\n")
    table = Table("Area", "Level", "", "Score", "Drills", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for column in table.columns[3:]:
        column.justify = "right"
    for area, skill in result["areas"].items():
        level = int(skill["level"])
        bar = f"[green]{'█' * WIDTH * level}[/][dim]{'░' * WIDTH * (LEVELS - level)}[/]"
        score = "-" if skill["score"] is None else f"{skill['score']:.1f}"
        table.add_row(escape(area.replace("_", " ")), bar, f"{level} of {LEVELS}", score, f"{skill['drills']:.0f}")
    console.print(table)


def event_to_try(user_id: str) -> str:
    """What the demo proposes: a practice of the user, told as the platform tells it."""
    detail = {
        "user_id": user_id,
        "practice_id": f"try-{uuid.uuid4().hex[:8]}",
        "practiced_at": later(0),
        "drills": [{"drill": "garlands", "area": "edging", "score": 95}],
    }
    entry = {
        "EventBusName": "platform-local",
        "Source": "snowboard-teaching",
        "DetailType": "snowboard.practice.completed",
        "Detail": json.dumps(detail),
    }
    key = shlex.quote(json.dumps({"userId": {"S": user_id}}))
    return f"""\
Tell of a practice as the platform does, by an event on its bus, and look at the profile that follows in a moment:
     .venv/bin/aws events put-events --entries {shlex.quote(json.dumps([entry]))}
     .venv/bin/aws dynamodb get-item --table-name skill-profiles-local --key {key}"""
