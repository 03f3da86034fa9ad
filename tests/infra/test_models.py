"""The stage's language model: which one a function may ask, and what is said where the settings lack something."""

import json
from typing import Any

import pytest
from aws_cdk import aws_lambda as lambda_

from infra.errors import ConfigurationError
from infra.grants import allow_model
from infra.stage import Stage
from tests.infra.functions import function_of, grants_of, variables_of
from tests.infra.synth import context
from tests.infra.test_stages import refusal, stage_from

BEDROCK = "arn:aws:bedrock"


def stages(**model: Any) -> dict[str, Any]:
    """cdk.json's stages, of which dev has this model."""
    asked = {
        "provider": "bedrock",
        "id": "amazon.nova-lite-v1:0",
        "answerTokens": 4000,
        "textCharacters": 20_000,
        "seconds": 25,
    }
    found: dict[str, Any] = json.loads(json.dumps(context()["stages"]))
    found["dev"]["model"] = asked | model
    return found


def asking(**model: Any) -> tuple[Stage, lambda_.Function]:
    """The stage, and a function that may ask its model."""
    stage = stage_from(stage="dev", stages=stages(**model))
    function = function_of(stage)
    allow_model(function, stage)
    return stage, function


def test_a_model_of_bedrock_is_asked_in_this_region_and_no_other_model() -> None:
    _, function = asking()
    assert grants_of(function) == {("bedrock:InvokeModel", f"{BEDROCK}:region::foundation-model/amazon.nova-lite-v1:0")}


@pytest.mark.parametrize("geography", ["us", "eu", "apac", "global", "us-gov"])
def test_an_inference_profile_asks_its_one_model_in_whichever_region(geography: str) -> None:
    _, function = asking(id=f"{geography}.anthropic.claude-sonnet-4-5-v1:0")
    assert grants_of(function) == {
        (
            "bedrock:InvokeModel",
            f"{BEDROCK}:region:account:inference-profile/{geography}.anthropic.claude-sonnet-4-5-v1:0",
        ),
        ("bedrock:InvokeModel", f"{BEDROCK}:*::foundation-model/anthropic.claude-sonnet-4-5-v1:0"),
    }


def test_a_service_of_the_openai_kind_is_asked_with_the_stages_key_and_bedrock_is_not() -> None:
    _, function = asking(provider="openai_compatible", id="qwen-plus", url="https://models.example.com/v1")
    assert grants_of(function) == {
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:region:account:secret:model-dev-??????")
    }
    told = variables_of(function)
    assert (told["MODEL_URL"], told["MODEL_SECRET"]) == ("https://models.example.com/v1", "model-dev")


def test_a_function_is_told_the_models_bounds() -> None:
    _, function = asking()
    told = variables_of(function)
    assert (
        told.items()
        >= {
            "MODEL_PROVIDER": "bedrock",
            "MODEL_ID": "amazon.nova-lite-v1:0",
            "MODEL_ANSWER_TOKENS": "4000",
            "MODEL_TEXT_CHARACTERS": "20000",
            "MODEL_SECONDS": "25",
            "MODEL_LAMBDA_SECONDS": "60",
        }.items()
    )
    assert not {"MODEL_URL", "MODEL_SECRET"} & told.keys()


def test_a_stage_without_a_model_is_told_to_give_one() -> None:
    stage = stage_from(stage="dev")
    with pytest.raises(ConfigurationError) as refused:
        allow_model(function_of(stage), stage)
    assert str(refused.value) == ('cdk.json: stage "dev" has a provider "llm", but no "model"; add it: docs/models.md')


def test_a_service_without_an_address_is_told_to_give_it() -> None:
    with pytest.raises(ConfigurationError) as refused:
        asking(provider="openai_compatible", id="qwen-plus")
    assert str(refused.value) == (
        'cdk.json: "model" of stage "dev" has no "url"; give the address of its OpenAI-compatible service'
    )


def test_a_model_that_takes_longer_than_the_lambda_is_refused() -> None:
    asking(seconds=27)
    with pytest.raises(ConfigurationError) as refused:
        asking(seconds=28)
    assert str(refused.value) == (
        'cdk.json: "model.seconds" of stage "dev" is 28: a Lambda of 60 s has no time for two requests and 5 s beside '
        "them; lower it, or raise the state's TimeoutSeconds"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://models.example.com/v1"},
        {"url": "http://localhost.example.com/v1"},
        {"url": "models.example.com"},
        {"provider": "openai"},
        {"id": ""},
        {"answerTokens": 0},
        {"textCharacters": -1},
        {"seconds": 0},
        {"temperature": 1},
    ],
)
def test_a_model_that_cannot_be_asked_so_is_refused(wrong: dict[str, Any]) -> None:
    [field] = wrong
    assert refusal(stage="dev", stages=stages(**wrong)).startswith(f'cdk.json: "context.stages.dev": model.{field}')


@pytest.mark.parametrize("url", ["https://models.example.com/v1", "http://localhost:8000/v1", "http://127.0.0.1:8000"])
def test_an_address_is_https_or_on_this_machine(url: str) -> None:
    stage = stage_from(stage="dev", stages=stages(provider="openai_compatible", id="qwen-plus", url=url))
    assert stage.model is not None
    assert stage.model.url == url
