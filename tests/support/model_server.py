"""Services outside that answer by a script, as they document it: Bedrock's Converse, chat completions as OpenAI's, and
Naver's shopping search.
"""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest

from core import aws
from tests.support.loopback import Handler, Server

Ended = Literal["done", "truncated", "filtered", "refused", "malformed", "window"]

_BEDROCK: Mapping[Ended, str] = {
    "done": "tool_use",
    "truncated": "max_tokens",
    "filtered": "content_filtered",
    "refused": "guardrail_intervened",
    "malformed": "malformed_tool_use",
    "window": "model_context_window_exceeded",
}
_OPENAI: Mapping[Ended, str] = {"truncated": "length", "filtered": "content_filter"}


@dataclass(frozen=True)
class Says:
    """A model's answer: JSON, or text as it is; in Naver's case its items. usage: tokens in and out."""

    content: Any = ""
    ended: Ended = "done"
    usage: tuple[int, int] | None = (100, 20)


@dataclass(frozen=True)
class Fails:
    """A service's refusal. body: what it sends, where that is not what services of its kind send."""

    status: int
    code: str = "Error"
    message: str = "no"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Hangs:
    """No answer, until nobody waits for it any more."""


@dataclass(frozen=True)
class Asked:
    """A request. body: of a GET its query."""

    path: str
    headers: Mapping[str, str]
    body: Any

    @property
    def instructions(self) -> str:
        """What a model is told."""
        return str(self.body["system"][0]["text"] if "system" in self.body else self.body["messages"][0]["content"])

    @property
    def text(self) -> str:
        """What a model is given."""
        content = self.body["messages"][-1]["content"]
        return str(content if isinstance(content, str) else content[0]["text"])


class ModelServer(Server):
    """Answers with what its script says next; with the last of it from then on."""

    def __init__(self, *script: Says | Fails | Hangs) -> None:
        super().__init__(_Handler)
        self.script = list(script)
        self.asked: list[Asked] = []
        self.given_up = threading.Event()

    def next(self) -> Says | Fails | Hangs:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class _Handler(Handler):
    server: ModelServer

    def answer(self) -> None:
        parts = urlsplit(self.path)
        body = json.loads(self.body()) if self.command == "POST" else parse_qs(parts.query)
        self.server.asked.append(Asked(parts.path, dict(self.headers), body))
        match _extraneous(parts.path, body) or self.server.next():
            case Hangs():
                self.server.given_up.wait()
            case Fails() as fails:
                self._send(fails.status, _refusal(parts.path, fails), {"x-amzn-errortype": fails.code, **fails.headers})
            case Says() as says:
                self._send(200, _said(parts.path, body, says), {})

    def _send(self, status: int, answer: Any, headers: Mapping[str, str]) -> None:
        text = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        with suppress(ConnectionError):  # one that was not answered in time has left
            self.end_headers()
            self.wfile.write(text)


def _extraneous(path: str, request: Any) -> Fails | None:
    """Nova's refusal of a schema with more at its top than it takes:
    https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html
    """
    if not path.endswith("/converse"):
        return None
    [tool] = request["toolConfig"]["tools"]
    extraneous = tool["toolSpec"]["inputSchema"]["json"].keys() - {"type", "properties", "required"}
    where = "#/toolConfig/tools/0/toolSpec/inputSchema/json: extraneous key"
    return Fails(400, "ValidationException", f"{where} {sorted(extraneous)} is not permitted") if extraneous else None


def _refusal(path: str, fails: Fails) -> Any:
    if fails.body is not None:
        return fails.body
    if path.endswith("/converse"):
        return {"message": fails.message}
    if path.endswith("/completions"):
        return {"error": {"message": fails.message, "type": "error", "param": None, "code": fails.code}}
    return {"errorMessage": fails.message, "errorCode": fails.code}


def _said(path: str, request: Any, says: Says) -> Any:
    if path.endswith("/converse"):
        return _converse(request, says)
    if path.endswith("/completions"):
        return _completion(says)
    if isinstance(says.content, bytes):
        return says.content
    return {"total": len(says.content), "start": 1, "display": len(says.content), "items": says.content}


def _converse(request: Any, says: Says) -> Any:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html"""
    name = request["toolConfig"]["toolChoice"]["tool"]["name"]
    used = {"toolUse": {"toolUseId": "tooluse_1", "name": name, "input": says.content}}
    said = {"text": says.content} if isinstance(says.content, str) else used
    answer: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": [said]}},
        "stopReason": "end_turn" if "text" in said and says.ended == "done" else _BEDROCK[says.ended],
        "metrics": {"latencyMs": 1},
    }
    if says.usage:
        tokens = zip(("inputTokens", "outputTokens", "totalTokens"), (*says.usage, 120), strict=True)
        answer["usage"] = dict(tokens)
    return answer


def _completion(says: Says) -> Any:
    """https://platform.openai.com/docs/api-reference/chat/object"""
    text = says.content if isinstance(says.content, str) else json.dumps(says.content, ensure_ascii=False)
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if says.ended == "refused":
        message |= {"content": None, "refusal": "I cannot help with that."}
    choice = {"index": 0, "message": message, "finish_reason": _OPENAI.get(says.ended, "stop")}
    answer: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice]}
    if says.usage:
        tokens = zip(("prompt_tokens", "completion_tokens", "total_tokens"), (*says.usage, 120), strict=True)
        answer["usage"] = dict(tokens)
    return answer


def model_environment(environment: pytest.MonkeyPatch, url: str) -> None:
    """Has Lambdas ask an OpenAI-compatible service at this address; its key is in moto's Secrets Manager."""
    settings = {
        "MODEL_PROVIDER": "openai_compatible",
        "MODEL_ID": "qwen-plus",
        "MODEL_URL": url,
        "MODEL_SECRET": "model-test",
        "MODEL_ANSWER_TOKENS": "500",
        "MODEL_TEXT_CHARACTERS": "20000",
        "MODEL_SECONDS": "5",
        "MODEL_LAMBDA_SECONDS": "60",
    }
    for name, value in settings.items():
        environment.setenv(name, value)
    aws.secretsmanager().create_secret(Name="model-test", SecretString="sk-1\n")
