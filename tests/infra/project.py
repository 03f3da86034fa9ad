"""A small repository of its own, for what the app must notice in one: two workflows and the API, the house's way."""

import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

from infra.app import ROOT

STEPS = ("OpenOrder", "ChargePayment", "CloseOrder")


def make_project(root: Path) -> Path:
    """Workflows `order` and `gift-card`, three steps each, and what stage local needs besides."""
    for name in ("api", "core", "operations", "progress"):
        shutil.copytree(ROOT / "lambdas" / name, root / "lambdas" / name)
    for file in ("local/bootstrap", "lambdas/requirements.txt", "requirements.lock"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, root / file)
    for workflow in ("order", "gift-card"):
        write_machine(root, workflow, machine(STEPS))
        package = workflow.replace("-", "_")
        for module in ("open_order", "charge_payment", "close_order"):
            write(root / "lambdas" / package / f"{module}.py", "def handler(event, context):\n    return event\n")
        write(root / "lambdas" / package / "models.py", "class Order: ...\n")
        class_name = "".join(word.capitalize() for word in workflow.split("-"))
        write(root / "infra" / "workflows" / f"{package}.py", stack(class_name))
    return root


def stack(class_name: str, ends_session: str = 'ends_session = ("CloseOrder",)', body: str = "") -> str:
    return f"from infra.workflow import WorkflowStack\n\nclass {class_name}(WorkflowStack):\n    {ends_session}\n{body}"


def machine(steps: tuple[str, ...]) -> dict[str, Any]:
    """Tasks in sequence, each calling the Lambda of its own name."""
    states = {name: task(name) | {"Next": following} for name, following in pairwise(steps)}
    return {"StartAt": steps[0], "States": states | {steps[-1]: task(steps[-1]) | {"End": True}}}


def task(step: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": f"${{{step}}}", "Payload": {}},
        "TimeoutSeconds": 30,
    }


def write_machine(root: Path, workflow: str, definition: dict[str, Any]) -> None:
    write(root / "statemachines" / f"{workflow}.asl.json", json.dumps(definition))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
