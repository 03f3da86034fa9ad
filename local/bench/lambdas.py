"""The app's Lambdas, found in the local cloud, and how long each takes in a fresh process."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from local.bench.machines import HERE
from local.cloud import ROOT, Cloud, LocalError, caller_environment

LAMBDAS = ROOT / "lambdas"
FRESH = HERE / "fresh.py"


@dataclass(frozen=True)
class Function:
    """A Lambda: its name, its handler's module, and environment variables; `folder` is what it is imported from."""

    name: str
    arn: str
    module: str
    environment: Mapping[str, str]
    folder: Path


class Lambdas:
    """The Lambdas of the app that a cloud holds."""

    def __init__(self, cloud: Cloud) -> None:
        """Take note of every Lambda there is; call it before the bench adds its own."""
        self._cloud = cloud
        self._client = boto3.client("lambda", **cloud.connection())
        pages = self._client.get_paginator("list_functions").paginate()
        self.by_arn = {found["FunctionArn"]: _function(found, LAMBDAS) for page in pages for found in page["Functions"]}

    def bare(self) -> tuple[Function, Any]:
        """The bare Lambda and an event for it."""
        found = self._client.get_function_configuration(FunctionName="bare-1")
        return _function(found, HERE), {"sessionId": "bench-fresh"}

    def run(self, function: Function, event: Any, *arguments: str) -> float:
        """The seconds from starting a Python process until it has imported the Lambda's module and invoked it.

        arguments: what fresh.py takes after the module.
        Raises LocalError when the Lambda fails, or refuses the event.
        """
        environment = caller_environment() | self._cloud.environment() | dict(function.environment)
        environment |= {"PYTHONPATH": str(function.folder), "AWS_LAMBDA_FUNCTION_NAME": function.name}
        # By number, as the Lambdas of the local cloud: looking up a name would be time that is not theirs.
        environment["AWS_ENDPOINT_URL"] = self._cloud.connection()["endpoint_url"]
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-P", FRESH, function.module, *arguments],
            input=json.dumps(event),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise LocalError(f"{function.name} failed in a fresh process: {done.stderr.strip()}")
        return seconds


def _function(found: Mapping[str, Any], folder: Path) -> Function:
    return Function(
        found["FunctionName"],
        found["FunctionArn"],
        found["Handler"].removesuffix(".handler"),
        found["Environment"]["Variables"],
        folder,
    )
