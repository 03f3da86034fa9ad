"""Somebody who reads what a command prints, and acts on it."""

import io
import json
import re
import shlex
from collections.abc import Callable

import urllib3


class Reader(io.StringIO):
    """For each of the steps in turn: on the next text that fits its pattern, its act is called with that text."""

    def __init__(self, *steps: tuple[str, Callable[[str], None]]) -> None:
        super().__init__()
        self._steps, self._read = list(steps), 0

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._steps:
            pattern, act = self._steps[0]
            found = re.compile(pattern).search(self.getvalue(), self._read)
            if found:
                self._read = found.end()
                del self._steps[0]
                act(found.group())
        return written


def signal(name: str) -> str:
    """The pattern of the command that the demo prints for a signal."""
    return rf"curl -X POST (?:[^\n]+\\\n)+ +http://\S+/signals/{name}\n"


def send(command: str) -> int:
    """Do as a `curl -X POST` says; the status of the answer."""
    words = shlex.split(command)
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1] if "-d" in words else None
    return urllib3.request("POST", words[-1], headers=headers, body=body).status


def send_with(**payload: str) -> Callable[[str], None]:
    """Do as a `curl -X POST` says, but with this payload."""

    def act(command: str) -> None:
        words = shlex.split(command)
        words[words.index("-d") + 1] = json.dumps({"payload": payload})
        assert send(shlex.join(words)) == 202

    return act
