"""Models of any service that takes chat completions as OpenAI's does: Qwen's, and others.

https://platform.openai.com/docs/api-reference/chat, https://www.alibabacloud.com/help/en/model-studio/qwen-structured-output
"""

import json
import re
from typing import Any

from pydantic import Field

from core import http
from core.errors import AccessDenied, ModelRefused
from core.llm.services import ComeBack, ModelSettings, Question, Reply, WindowExceeded, says_too_long, seconds_to_wait
from core.parameters import api_key
from core.settings import WrongSettings, load

_LONGEST_ANSWER = 1024 * 1024
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class OpenAiSettings(ModelSettings):
    """model_url: of the service, without `/chat/completions`. model_secret: the secret that holds its key."""

    model_url: str = Field(min_length=1)
    model_secret: str = Field(min_length=1)


class OpenAiCompatible:
    """A Service."""

    def __init__(self, settings: OpenAiSettings, key: str) -> None:
        self._settings, self._key = settings, key

    def send(self, question: Question) -> Reply:
        schema = json.dumps(question.schema)  # told too, for some services only see to it that the answer is JSON
        body = {
            "model": self._settings.model_id,
            "messages": [
                {"role": "system", "content": f"{question.instructions}\n\nThe schema: {schema}"},
                {"role": "user", "content": question.text},
            ],
            "max_tokens": self._settings.model_answer_tokens,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": question.name, "strict": True, "schema": question.schema},
            },
        }
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        url = f"{self._settings.model_url.rstrip('/')}/chat/completions"
        text, seconds = json.dumps(body).encode(), self._settings.model_seconds
        try:
            answer = http.send("POST", url, text, headers, seconds=seconds, longest=_LONGEST_ANSWER)
        except http.NoAnswer as error:
            raise ComeBack(f"the model's service gave no answer: {error}") from None
        if not 200 <= answer.status < 300:
            raise self._named(answer)
        return _reply(answer.body)

    def _named(self, answer: http.Answer) -> Exception:
        """The service's refusal in our words; never in its own, which may quote what it was sent."""
        error = _refusal(answer.body)
        code = error.get("code")
        told = f"{answer.status} ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else f"{answer.status}"
        if http.comes_back(answer.status):
            # Qwen's says so too of too many tokens in a minute.
            why = ": too much at once, or see to the account's balance" if code == "insufficient_quota" else ""
            wait = seconds_to_wait(answer.headers.get("Retry-After"))
            return ComeBack(f"the model's service answered {told}{why}", wait)
        if code == "Arrearage":
            return AccessDenied(f"the model's service answered {told}: see to the account's balance")
        if answer.status == 413 or code == "context_length_exceeded" or says_too_long(error.get("message")):
            return WindowExceeded()
        if answer.status in (401, 403):
            return AccessDenied(
                f"the model's service answered {told}: see that the key in secret {self._settings.model_secret} is "
                f"good, and may be used for model {self._settings.model_id}"
            )
        if answer.status == 404:
            return WrongSettings(
                f"the model's service answered {told}: see that MODEL_URL is its address, and that it has a model "
                f"{self._settings.model_id}; both are in cdk.json"
            )
        return ModelRefused(
            f"the model's service answered {told}: it will not answer this text, or model {self._settings.model_id} "
            "takes no JSON schema"
        )


def from_settings() -> OpenAiCompatible:
    """Raises WrongSettings unless the service's address is https, or on this machine, and the secret holds a key."""
    settings = load(OpenAiSettings)
    if not http.is_private(settings.model_url):
        raise WrongSettings("environment variables: MODEL_URL: the model's address must be https")
    return OpenAiCompatible(settings, api_key(settings.model_secret))


def _reply(body: bytes) -> Reply:
    answer = _object(_json(body))
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        raise ComeBack("the model's service sent what is no chat completion")
    choice, usage = _object(choices[0]), _object(answer.get("usage"))
    message, finished = _object(choice.get("message")), choice.get("finish_reason")
    refused = finished == "content_filter" or message.get("refusal")
    return Reply(
        str(message.get("content") or ""),
        finished != "length",
        usage.get("prompt_tokens"),
        usage.get("completion_tokens"),
        ModelRefused("the model gives no answer to this text") if refused else None,
    )


def _refusal(body: bytes) -> dict[str, Any]:
    """What a refusal says: under `error`, or without it, as vLLM does, or in a list, as Gemini does."""
    told = _json(body)
    told = _object(told[0] if isinstance(told, list) and told else told)
    return _object(told.get("error")) or told


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
