"""What a service with a language model is asked and answers, and the settings of one."""

import re
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import Field

from core.errors import ModelRefused
from core.settings import Settings

_TOO_LONG = re.compile(
    r"too long|(context|input|prompt) length|context (window|size)|too many (input )?tokens"
    r"|input tokens?( count)?( \(\d+\))?( has)? exceed|prompt exceeds max",
    re.IGNORECASE,
)
"""As OpenAI, vLLM, Qwen and Claude put it; and as Nova, Gemini and GLM do."""


class ModelSettings(Settings):
    """What a Lambda reads that asks a model.

    model_answer_tokens: the most of one answer. model_text_characters: the most of a text that one request holds.
    model_seconds: the longest that one request may take. model_lambda_seconds: this Lambda's timeout.
    powertools_service_name: whose tokens they are, the workflow's.
    """

    model_provider: Literal["bedrock", "openai_compatible"]
    model_id: str = Field(min_length=1)
    model_answer_tokens: int = Field(gt=0)
    model_text_characters: int = Field(gt=0)
    model_seconds: float = Field(gt=0)
    model_lambda_seconds: float = Field(gt=0)
    powertools_service_name: str = Field(min_length=1)


class ComeBack(Exception):
    """The service may answer later. Its message says what happened; seconds: how long it asks to wait, if it does."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class WindowExceeded(Exception):
    """The text, or the text with its answer, is more than the model takes at once."""


@dataclass(frozen=True)
class Question:
    """name, schema: of the JSON object that the answer is to be. instructions: ours; text: what they are about."""

    name: str
    schema: dict[str, Any]
    instructions: str
    text: str


@dataclass(frozen=True)
class Reply:
    """json: what the model answered, whatever that is. whole: it was not cut off. tokens: None where nobody says.
    refusal: what to raise where there is no answer, once the tokens are counted, for they cost the same.
    """

    json: str
    whole: bool
    input_tokens: int | None
    output_tokens: int | None
    refusal: ModelRefused | WindowExceeded | None = None


class Service(Protocol):
    """A service with models. It repeats no request, and follows no redirect."""

    def send(self, question: Question) -> Reply:
        """Asks once. Raises ComeBack, WindowExceeded, and the final ModelRefused, AccessDenied and WrongSettings, where
        the service takes no request.
        """
        ...


def seconds_to_wait(header: str | None) -> float | None:
    """What a Retry-After says in seconds; None where it says nothing, or a date."""
    return float(header) if header is not None and re.fullmatch(r"\d{1,6}(\.\d+)?", header) else None


def says_too_long(message: Any) -> bool:
    """Whether a refusal is about the length of the text. Services have codes for this, or just words."""
    return isinstance(message, str) and _TOO_LONG.search(message) is not None
