"""The stage's model, from a Lambda's environment; and what only one of the services does."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from core import aws, http
from core.errors import AccessDenied, ModelRefused, ProviderUnavailable, TextTooLong
from core.llm import language_model
from core.models import Model
from core.settings import WrongSettings
from tests.support.interpreter import ROOT
from tests.support.loopback import serving
from tests.support.model_server import Fails, ModelServer, Says, model_environment


class Person(Model):
    name: str


@pytest.fixture
def server(environment: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with serving(ModelServer(Says({"name": "Ann"}))) as server, mock_aws():
        model_environment(environment, server.url)
        environment.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        aws.bedrock.cache_clear()
        yield server
    aws.bedrock.cache_clear()
    http._pool().clear()


def test_the_key_is_read_from_its_secret(server: ModelServer) -> None:
    assert language_model().answer(Person, "Who?", "Ann").name == "Ann"
    assert server.asked[0].headers["Authorization"] == "Bearer sk-1"


def test_bedrock_takes_the_lambda_s_own_credentials(server: ModelServer, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MODEL_PROVIDER", "bedrock")
    assert language_model().answer(Person, "Who?", "Ann").name == "Ann"
    assert server.asked[0].headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("MODEL_URL", "http://models.example.com", "must be https"),
        ("MODEL_ID", "", "MODEL_ID: string should have at least 1 character"),
        ("MODEL_PROVIDER", "oracle", "MODEL_PROVIDER"),
    ],
)
def test_wrong_settings_are_named(
    server: ModelServer, environment: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(WrongSettings, match=told):
        language_model()


def test_an_account_without_credit_is_final(server: ModelServer) -> None:
    server.script = [Fails(400, "Arrearage")]
    with pytest.raises(AccessDenied, match="balance"):
        language_model().answer(Person, "Who?", "Ann")


def test_an_exceeded_quota_is_transient_for_it_may_be_that_of_a_minute(server: ModelServer) -> None:
    server.script = [Fails(429, "insufficient_quota")]
    with pytest.raises(ProviderUnavailable, match=r"429 \(insufficient_quota\): .* balance"):
        language_model().answer(Person, "Who?", "Ann")


@pytest.mark.parametrize(
    "body",
    [
        {"object": "error", "message": "This model's maximum context length is 4096 tokens.", "code": 400},
        [
            {
                "error": {
                    "code": 400,
                    "message": "The input token count (9) exceeds the maximum number of tokens allowed.",
                }
            }
        ],
    ],
    ids=["vLLM", "Gemini"],
)
def test_a_refusal_in_another_shape_is_understood(server: ModelServer, body: Any) -> None:
    server.script = [Fails(400, body=body)]
    with pytest.raises(TextTooLong):
        language_model().answer(Person, "Who?", "Ann")


@pytest.mark.parametrize("code", [["Arrearage"], {"code": "Arrearage"}, 400, None])
def test_a_code_that_is_no_word_is_not_told(server: ModelServer, code: Any) -> None:
    server.script = [Fails(400, body={"error": {"code": code, "message": "no"}})]
    with pytest.raises(ModelRefused, match="answered 400:"):
        language_model().answer(Person, "Who?", "Ann")


def test_a_window_that_is_full_has_its_tokens_counted(
    server: ModelServer, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("MODEL_PROVIDER", "bedrock")
    server.script = [Says("", ended="window")]
    with pytest.raises(TextTooLong):
        language_model().answer(Person, "Who?", "Ann")
    assert "ModelInputTokens" in capsys.readouterr().out


def test_a_secret_that_holds_no_key_is_named_and_its_content_is_not(server: ModelServer) -> None:
    aws.secretsmanager().put_secret_value(SecretId="model-test", SecretString="sk-one\nsk-two")
    with pytest.raises(WrongSettings, match="secret model-test") as raised:
        language_model()
    assert "sk-" not in str(raised.value)


def test_what_is_no_chat_completion_is_asked_for_again(server: ModelServer) -> None:
    server.script = [Fails(200)]
    with pytest.raises(ProviderUnavailable, match="no chat completion"):
        language_model().answer(Person, "Who?", "Ann")


def test_a_redirect_is_not_followed(server: ModelServer) -> None:
    server.script = [Fails(307, headers={"Location": f"{server.url}/elsewhere"})]
    with pytest.raises(ModelRefused, match="307"):
        language_model().answer(Person, "Who?", "Ann")
    assert len(server.asked) == 1


@pytest.mark.parametrize("module", ["ai_chef.generate_recipe", "ai_chef.fetch_prices"])
def test_a_step_loads_no_model_before_it_asks_one(module: str) -> None:
    code = f"import sys, {module}; sys.exit(any(name.startswith(('core.llm', 'core.http')) for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "lambdas", check=False)
    assert done.returncode == 0
