"""The stage's model, from a Lambda's environment; and what only one of the services does."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from moto import mock_aws

from core import aws, http
from core.errors import AccessDenied, ModelRefused, ProviderUnavailable
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


@pytest.mark.parametrize("code", ["insufficient_quota", "Arrearage"])
def test_an_account_without_credit_is_final_though_it_is_a_429(server: ModelServer, code: str) -> None:
    server.script = [Fails(429, code)]
    with pytest.raises(AccessDenied, match="balance"):
        language_model().answer(Person, "Who?", "Ann")


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
