"""Both services, each against a server on loopback that answers by a script."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from core import aws, http
from core.llm.asking import LanguageModel
from core.llm.bedrock import Bedrock
from core.llm.openai_compatible import OpenAiCompatible, OpenAiSettings
from tests.support.loopback import serving
from tests.support.model_server import Asked, Fails, Hangs, ModelServer, Says

KEY = "sk-very-secret"


@dataclass
class Desk:
    """A model behind one of the services. waits: the seconds that it waited; now: what it takes the time to be."""

    provider: str
    server: ModelServer
    waits: list[float] = field(default_factory=list)
    now: Callable[[], float] = lambda: 0.0

    def model(
        self, *, characters: int = 1000, seconds: float = 2.0, lambda_seconds: float = 60, tokens: int = 500
    ) -> LanguageModel:
        settings = OpenAiSettings(
            stage="test",
            sessions_table="sessions-test",
            model_provider="bedrock" if self.provider == "bedrock" else "openai_compatible",
            model_id="maker.model-1:0",
            model_url=f"{self.server.url}/v1/",
            model_secret="model-test",
            model_answer_tokens=tokens,
            model_text_characters=characters,
            model_seconds=seconds,
            model_lambda_seconds=lambda_seconds,
            powertools_service_name="toy",
        )
        service = Bedrock(settings) if self.provider == "bedrock" else OpenAiCompatible(settings, KEY)
        return LanguageModel(service, settings, sleep=self.waits.append, clock=self.now)

    def will(self, *script: Says | Fails | Hangs) -> None:
        self.server.script = list(script)

    @property
    def asked(self) -> list[Asked]:
        return self.server.asked


@pytest.fixture(params=["bedrock", "openai_compatible"])
def desk(request: pytest.FixtureRequest, environment: pytest.MonkeyPatch) -> Iterator[Desk]:
    with serving(ModelServer(Says())) as server:
        environment.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        aws.bedrock.cache_clear()
        yield Desk(request.param, server)
        server.given_up.set()
    aws.bedrock.cache_clear()
    http._pool().clear()
