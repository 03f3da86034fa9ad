"""Models of Amazon Bedrock, by its Converse API: the answer is the input of a tool that the model must use.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

import json
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as Unreachable

from core import aws
from core.errors import AccessDenied, ModelRefused
from core.llm.services import ComeBack, ModelSettings, Question, Reply, WindowExceeded, says_too_long, seconds_to_wait
from core.settings import WrongSettings

_COME_BACK = frozenset({408, 424, 429})  # ModelTimeout, ModelError, Throttling and ModelNotReady
# All that Nova takes at a schema's top: https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html
_TOP = ("type", "properties", "required")
_REFUSED = frozenset({"guardrail_intervened", "content_filtered"})


class Bedrock:
    """A Service. The Lambda's own role is what opens it; no key."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings

    def send(self, question: Question) -> Reply:
        tool: Any = {
            "name": question.name,
            "description": question.schema.get("description", question.name),
            "inputSchema": {"json": {key: question.schema[key] for key in _TOP}},
        }
        try:
            answer: Any = aws.bedrock(self._settings.model_seconds).converse(
                modelId=self._settings.model_id,
                system=[{"text": question.instructions}],
                messages=[{"role": "user", "content": [{"text": question.text}]}],
                inferenceConfig={"maxTokens": self._settings.model_answer_tokens},
                toolConfig={"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": question.name}}},
            )
        except (Unreachable, HTTPClientError) as error:
            raise ComeBack(f"Bedrock gave no answer: {type(error).__name__}") from None
        except ClientError as error:
            raise self._named(error) from None
        return _reply(answer)

    def _named(self, error: ClientError) -> Exception:
        """Bedrock's error in our words; never in its own, which may quote what it was sent."""
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        metadata = error.response["ResponseMetadata"]
        status = metadata["HTTPStatusCode"]
        if status in _COME_BACK or status >= 500:
            return ComeBack(f"Bedrock answered {code}", seconds_to_wait(metadata["HTTPHeaders"].get("retry-after")))
        if says_too_long(message):
            return WindowExceeded()
        model = self._settings.model_id
        if status in (401, 403):
            return AccessDenied(
                f"Bedrock does not let this Lambda ask model {model}: see that the account has access to it in this "
                "region, and that the role may bedrock:InvokeModel it"
            )
        if status == 404:
            return WrongSettings(f"MODEL_ID: Bedrock has no model {model} in this region: correct it in cdk.json")
        return ModelRefused(f"Bedrock refused the request: {code}. See whether model {model} can be made to use a tool")


def _reply(answer: Any) -> Reply:
    stopped = answer["stopReason"]
    usage = answer.get("usage", {})
    refusal: ModelRefused | WindowExceeded | None = None
    if stopped in _REFUSED:
        refusal = ModelRefused(f"the model gives no answer to this text: {stopped}")
    elif stopped == "model_context_window_exceeded":
        refusal = WindowExceeded()
    content = answer.get("output", {}).get("message", {}).get("content", [])
    inputs = [block["toolUse"]["input"] for block in content if "toolUse" in block]
    text = "".join(block.get("text", "") for block in content)
    return Reply(
        json.dumps(inputs[0], ensure_ascii=False) if inputs else text,
        stopped != "max_tokens",
        usage.get("inputTokens"),
        usage.get("outputTokens"),
        refusal,
    )
